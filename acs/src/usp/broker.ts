import { randomBytes } from "node:crypto";
import { chmod, chown, mkdir, readdir, realpath, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { controllerEndpointId, mqttUsername, UspError, type UspLog } from "@tonalite/agent/core/usp";
import {
  brokerAcl,
  brokerConfig,
  brokerFile,
  passwordFile,
  passwordHash,
  readPasswords,
  replaceFile,
} from "./broker-files.ts";
import { BrokerProcess, brokerOwner } from "./broker-process.ts";

export type BrokerOptions = {
  /** The ACS's data directory; the broker keeps to `broker/` inside it. */
  readonly dataDir: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Where to listen, 127.0.0.1 when not given. */
  readonly host?: string;
  /** Boxes come in over TLS with this certificate, and not without. */
  readonly certificate?: BrokerCertificate | undefined;
  readonly log: UspLog;
};

/** PEM texts. */
export type BrokerCertificate = { readonly cert: string; readonly key: string };

export type Broker = {
  /** For the controller on this machine: in the clear, on the loopback address, where boxes use TLS. */
  readonly url: string;
  /** For boxes. */
  readonly port: number;
  /** What the controller connects with; made anew at every start, kept in memory only. */
  readonly controller: { readonly username: string; readonly password: string };
  /**
   * Lets the box with this endpoint id (`os::…`) in with this password, in force when it resolves. Many at once cost
   * one reload. @throws UspError BAD_ENDPOINT
   */
  setCredential(endpointId: string, password: string): Promise<void>;
  /** Shuts the box out and ends its connection. */
  removeCredential(endpointId: string): Promise<void>;
  /** Shows another certificate from the next connection on; those that are open stay. */
  setCertificate(certificate: BrokerCertificate): Promise<void>;
  /** The broker's process, for who watches it; undefined while it is down. */
  readonly pid: number | undefined;
  stop(): Promise<void>;
};

/** Credential changes within this time are one reload. */
const gatherMs = 20;

/** Starts the supervised Mosquitto of this ACS. @throws Error saying why it does not listen. */
export async function startBroker({
  dataDir,
  port,
  host = "127.0.0.1",
  certificate,
  log,
}: BrokerOptions): Promise<Broker> {
  await mkdir(join(dataDir, "broker"), { recursive: true });
  const directory = await realpath(join(dataDir, "broker"));
  const owner = await brokerOwner();
  await chmod(directory, 0o700);
  const listenPort = port === 0 ? await freePort(host) : port;
  const innerPort = certificate ? await freePort("127.0.0.1") : undefined;
  const passwords = await readPasswords(join(directory, brokerFile.passwords));
  const write = (name: string, content: string): Promise<void> =>
    replaceFile(join(directory, name), content, owner);
  const password = randomBytes(24).toString("base64url");
  passwords.set(mqttUsername(controllerEndpointId), await passwordHash(password));
  // The broker's user may not read where the operator keeps them.
  const writeCertificate = async ({ cert, key }: BrokerCertificate): Promise<void> => {
    await write(brokerFile.key, key);
    await write(brokerFile.certificate, cert);
  };
  if (certificate) await writeCertificate(certificate);
  // A key that nobody uses any more must not lie about.
  else
    for (const name of [brokerFile.key, brokerFile.certificate])
      await rm(join(directory, name), { force: true });
  await write(brokerFile.config, brokerConfig(host, listenPort, innerPort));
  await write(brokerFile.acl, brokerAcl);
  await write(brokerFile.passwords, passwordFile(passwords));
  if (owner !== undefined) {
    // What an earlier run left may belong to another user: an ACS that was no root then.
    for (const name of ["", ...(await readdir(directory))])
      await chown(join(directory, name), owner.uid, owner.gid);
  }
  const broker = new BrokerProcess(directory, owner, log);
  await broker.start().catch(async (error: unknown) => {
    await broker.stop();
    throw error;
  });
  log.info({ port: listenPort, host, pid: broker.pid, boxes: passwords.size - 1 }, "broker: listening");

  let gathering: Promise<void> | undefined;
  let applying: Promise<void> = Promise.resolve();
  const apply = async (): Promise<void> => {
    await sleep(gatherMs);
    gathering = undefined;
    await write(brokerFile.passwords, passwordFile(passwords));
    await broker.reload();
  };
  const changed = (): Promise<void> => {
    if (gathering === undefined) {
      gathering = applying.then(apply);
      // The next batch waits for this one, but does not fail with it.
      applying = gathering.catch(() => {});
    }
    return gathering;
  };

  return {
    url:
      innerPort === undefined ? `mqtt://${reachable(host)}:${listenPort}` : `mqtt://127.0.0.1:${innerPort}`,
    port: listenPort,
    controller: { username: controllerEndpointId, password },
    async setCredential(endpointId, secret) {
      const username = boxUsername(endpointId);
      if (secret === "" || secret.length > 1024) throw new RangeError("a password has 1 to 1024 characters");
      passwords.set(username, await passwordHash(secret));
      await changed();
    },
    async removeCredential(endpointId) {
      if (passwords.delete(boxUsername(endpointId))) await changed();
    },
    async setCertificate(next) {
      await writeCertificate(next);
      await broker.reload();
    },
    get pid() {
      return broker.pid;
    },
    async stop() {
      await applying;
      await broker.stop();
    },
  };
}

/** Where this machine itself reaches a listener. */
function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}

function boxUsername(endpointId: string): string {
  const username = mqttUsername(endpointId);
  if (!endpointId.startsWith("os::") || username === mqttUsername(controllerEndpointId)) {
    throw new UspError("BAD_ENDPOINT", `not the endpoint identifier of a box: ${endpointId}`);
  }
  return username;
}

async function freePort(host: string): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(0, host, () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === "object" ? address.port : 0));
    });
  });
}
