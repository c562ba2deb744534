import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { loadProfiles } from "@tonalite/device-profiles/load";
import { placeCall, startFarEnd, startRegistrar } from "../telephony/index.ts";
import type { FarEnd, IncomingCall, Registrar } from "../telephony/index.ts";
import { startAcs } from "./acs.ts";
import type { AcsPorts, AcsProcess } from "./acs.ts";
import { startAta } from "./ata.ts";
import type { Ata } from "./ata.ts";
import { openPublisher } from "./publisher.ts";

/** A provider, its SIP network and one customer's box, all on 127.0.0.1. */
export type World = {
  dir: string;
  acs: AcsProcess;
  registrar: Registrar;
  ata: Ata;
  deviceId: string;
  /** SIP user and number of the box's line */
  number: string;
  call: (options?: Partial<IncomingCall>) => ReturnType<typeof placeCall>;
  /** starts the ACS again after `acs.stop()`, on the same ports and data */
  restartAcs: () => Promise<void>;
  /** starts the box again after `ata.stop()`, from the same state */
  restartAta: () => void;
  /** lists images for boxes with a release root, and publishes that through the ACS; needs `releases` */
  release: (...images: string[]) => Promise<void>;
  stop: () => Promise<void>;
};

export type WorldOptions = {
  dir: string;
  ports?: Partial<AcsPorts> & { sip?: number };
  trust?: { name: string; pem: string }[];
  /** boxes and ACS have a release root: only images that are released are taken */
  releases?: boolean;
  /** a SIP password the registrar does not know */
  wrongSipPassword?: boolean;
  /** further numbers of the laboratory: what is dialled → UDP port of who answers */
  routes?: Record<string, number>;
  /** see AtaOptions */
  trialSeconds?: number;
  image?: string;
  /** told before every step that takes time */
  progress?: (step: string) => void;
};

type Secrets = { sipPassword: string; cwmpUsername?: string; cwmpPassword?: string; deviceId?: string };

export const domain = "tonalite.test";
export const demoNumber = "0972101010";
const serial = "DEMO0001";

/** What the laboratory's far ends do when they are called. */
export const services = {
  "9000": "answers and echoes what you say",
  "9001": "is busy",
  "9002": "rings and never answers",
  "9003": "answers and hangs up after three seconds",
  "9009": "refuses the call",
} as const;

/** Starts registrar, far ends, ACS and one box that provisions itself; ends what it started when a step fails. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const { dir, progress = () => undefined } = options;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const secrets = readSecrets(dir);
  const started: { stop: () => Promise<void> }[] = [];
  const stop = async (): Promise<void> => {
    for (const part of started.splice(0).reverse()) await part.stop();
  };
  try {
    progress("SIP registrar (Kamailio) and far ends (sipp)");
    const routes: Record<string, number> = { ...options.routes };
    for (const [number, farEnd] of await startFarEnds()) {
      started.push(farEnd);
      routes[number] = farEnd.port;
    }
    const subscribers = [{ user: demoNumber, password: secrets.sipPassword }];
    const registrar = await startRegistrar({ domain, subscribers, routes, port: options.ports?.sip ?? 0 });
    started.push(registrar);

    progress("ACS with its store (PostgreSQL) and broker (Mosquitto)");
    const acsDir = join(dir, "acs");
    const publisher = options.releases === true ? openPublisher(dir) : undefined;
    writeTrust(acsDir, options.trust ?? [], publisher?.root);
    let acs = await startAcs({ dataDir: acsDir, ...(options.ports ? { ports: options.ports } : {}) });
    const acsPorts = acs.ports;
    started.push({ stop: () => acs.stop() });
    await publisher?.release(acs.api);

    progress("a box that provisions itself");
    const known = await registerDevice(acs, registrar, secrets, options.wrongSipPassword === true);
    writeSecrets(dir, known);
    const boot = (): Ata =>
      startAta({
        stateDir: join(dir, "ata"),
        serial,
        acs: {
          url: `http://127.0.0.1:${acsPorts.cwmp}/`,
          user: known.cwmpUsername,
          password: known.cwmpPassword,
        },
        trust: options.trust ?? [],
        ...(publisher && { releaseRoot: publisher.root }),
        ...(options.trialSeconds === undefined ? {} : { trialSeconds: options.trialSeconds }),
        ...(options.image === undefined ? {} : { image: options.image }),
      });
    let ata = boot();
    started.push({ stop: () => ata.stop() });

    return {
      dir,
      get acs() {
        return acs;
      },
      registrar,
      get ata() {
        return ata;
      },
      deviceId: known.deviceId,
      number: demoNumber,
      call: (call = {}) =>
        placeCall({
          proxyPort: registrar.port,
          callee: demoNumber,
          domain,
          caller: "0155501234",
          callerName: "Alice Martin",
          ...call,
        }),
      restartAcs: async () => {
        acs = await startAcs({ dataDir: acsDir, ports: acsPorts });
      },
      restartAta: () => {
        ata = boot();
      },
      release: async (...images) => {
        if (!publisher) throw new Error("this world publishes no releases");
        await publisher.release(acs.api, images);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startFarEnds(): Promise<[string, FarEnd][]> {
  return [
    ["9000", await startFarEnd({ kind: "echo" })],
    ["9002", await startFarEnd({ kind: "no-answer" })],
    ["9003", await startFarEnd({ kind: "hang-up", afterMs: 3000 })],
  ];
}

type Known = Required<Secrets>;

/** Tells the ACS which box to expect; at a later start it knows the box already and only learns the registrar's port. */
async function registerDevice(
  acs: AcsProcess,
  registrar: Registrar,
  secrets: Secrets,
  wrongSipPassword: boolean,
): Promise<Known> {
  const { cwmpUsername, cwmpPassword, deviceId, sipPassword } = secrets;
  const proxy = { proxyHost: registrar.host, proxyPort: registrar.port };
  if (cwmpUsername !== undefined && cwmpPassword !== undefined && deviceId !== undefined) {
    await acs.api.patch(`/api/devices/${encodeURIComponent(deviceId)}`, { lines: [{ line: 1, ...proxy }] });
    return { sipPassword, cwmpUsername, cwmpPassword, deviceId };
  }
  const board = loadProfiles().hardware.get("virtual/sim");
  if (board === undefined) throw new Error("the hardware profile virtual/sim is missing");
  const answer = await acs.api.post<{ device: { id: string }; credentials: Known }>("/api/devices", {
    oui: board.oui,
    productClass: board.productClass,
    serialNumber: serial,
    profile: board.id,
    provider: "ippi",
    region: "fr",
    label: "Demo box",
    lines: [
      {
        line: 1,
        directoryNumber: demoNumber,
        sipUser: demoNumber,
        sipPassword: wrongSipPassword ? randomBytes(12).toString("hex") : sipPassword,
        domain,
        ...proxy,
      },
    ],
  });
  const { cwmpUsername: user, cwmpPassword: password } = answer.credentials;
  return { sipPassword, cwmpUsername: user, cwmpPassword: password, deviceId: answer.device.id };
}

function writeTrust(acsDir: string, trust: { name: string; pem: string }[], releaseRoot?: string): void {
  mkdirSync(join(acsDir, "trust"), { recursive: true, mode: 0o700 });
  if (releaseRoot !== undefined) writeFileSync(join(acsDir, "trust/root.json"), releaseRoot);
  for (const { name, pem } of trust) writeFileSync(join(acsDir, "trust", `${name}.pem`), pem);
}

function readSecrets(dir: string): Secrets {
  const file = join(dir, "demo-secrets.json");
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as Secrets;
  return { sipPassword: randomBytes(12).toString("hex") };
}

function writeSecrets(dir: string, secrets: Secrets): void {
  writeFileSync(join(dir, "demo-secrets.json"), JSON.stringify(secrets), { mode: 0o600 });
}
