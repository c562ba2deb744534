import { copyFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { connect } from "node:tls";
import Fastify from "fastify";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { silentLog } from "../log.ts";
import { keepCertificate } from "./keep-certificate.ts";
import { readAuthorities, readServerCertificate } from "./server-certificate.ts";
import { openLaboratoryCertificates, opensslIsMissing } from "./laboratory-certificates.ts";
import { provenBox, speaking } from "./tls-servers.ts";

describe.skipIf(opensslIsMissing)("TLS of the ACS", () => {
  const made = openLaboratoryCertificates();
  beforeAll(() => {
    made.authority("ca");
    made.authority("factory");
    made.issue("acs", "ca", "acs.example");
    made.issue("renewed", "ca", "acs.example");
    made.issue("ended", "ca", "acs.example", 0);
    made.issue("box", "factory", "02544E-ata-1");
    made.issue("stranger", "ca", "02544E-ata-1");
    writeFileSync(
      made.path("junk.pem"),
      "-----BEGIN PRIVATE KEY-----\nsecret words\n-----END PRIVATE KEY-----\n",
    );
  });
  afterAll(() => made.close());
  const files = (name: string) => ({ certificate: made.path(`${name}.crt`), key: made.path(`${name}.key`) });

  it("reads a certificate and says for whom and until when", () => {
    const { names, notAfter } = readServerCertificate(files("acs"));
    expect(names).toContain("127.0.0.1");
    expect(notAfter.getTime()).toBeGreaterThan(Date.now());
  });

  it.each([
    ["an absent file", { certificate: "/nowhere/x.crt" }, /x\.crt cannot be read \(ENOENT\)/],
    ["a key in the place of the certificate", { certificate: "acs.key" }, /acs\.key holds no certificate/],
    ["another's key", { key: "renewed.key" }, /renewed\.key is not that of the certificate in .*acs\.crt/],
    ["a broken key", { key: "junk.pem" }, /junk\.pem holds no private key/],
  ])("refuses %s in words, without its content", (_what, change, message) => {
    const given = Object.entries(change).map(([what, name]) => [
      what,
      name.startsWith("/") ? name : made.path(name),
    ]);
    const read = () => readServerCertificate({ ...files("acs"), ...Object.fromEntries(given) });
    expect(read).toThrow(message);
    expect(read).toThrow(/^(?!.*(secret words|BEGIN))/s);
  });

  it("believes authorities only as such", () => {
    expect(readAuthorities(made.path("factory.crt"))).toContain("BEGIN CERTIFICATE");
    expect(() => readAuthorities(made.path("box.crt"))).toThrow(/not that of an authority/);
  });

  it("warns of an end that is near, and of one that was", () => {
    const warn = vi.fn();
    const error = vi.fn();
    keepCertificate(files("acs"), { ...silentLog, warn, error }).stop();
    expect(warn).toHaveBeenCalledWith(expect.anything(), "the TLS certificate ends soon");
    keepCertificate(files("ended"), { ...silentLog, warn, error }).stop();
    expect(error).toHaveBeenCalledWith(expect.anything(), expect.stringContaining("has ended"));
  });

  it("shows a new certificate to the next connection, keeps the open ones, and stays with the old one rather than a wrong pair", async () => {
    for (const end of ["crt", "key"]) copyFileSync(made.path(`acs.${end}`), made.path(`live.${end}`));
    const error = vi.fn();
    const keeper = keepCertificate(files("live"), { ...silentLog, error }, 20);
    const app = Fastify({ forceCloseConnections: true, ...speaking({ keeper }) });
    app.get("/", () => "hello");
    await app.listen({ host: "127.0.0.1", port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const ca = made.text("ca.crt");
    const meet = () =>
      new Promise<{ socket: ReturnType<typeof connect>; serial: string }>((resolve, reject) => {
        const socket = connect({ host: "127.0.0.1", port, ca });
        socket.once("error", reject);
        socket.once("secureConnect", () =>
          resolve({ socket, serial: socket.getPeerCertificate().serialNumber }),
        );
      });
    const first = await meet();
    copyFileSync(made.path("renewed.crt"), made.path("live.crt"));
    await expect.poll(() => error.mock.calls.length, { timeout: 5000 }).toBeGreaterThan(0);
    expect(error.mock.calls[0]?.[0].reason).toContain("is not that of the certificate");
    const second = await meet();
    expect(second.serial).toBe(first.serial);
    second.socket.destroy();
    copyFileSync(made.path("renewed.key"), made.path("live.key"));
    await expect
      .poll(
        async () => {
          const { socket, serial } = await meet();
          socket.destroy();
          return serial;
        },
        { timeout: 5000 },
      )
      .not.toBe(first.serial);
    const answer = new Promise<string>((resolve) =>
      first.socket.once("data", (data) => resolve(data.toString())),
    );
    first.socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    expect(await answer).toContain("200 OK");
    first.socket.destroy();
    keeper.stop();
    await app.close();
  });

  it("knows a box by its factory's certificate, and by no other", async () => {
    const keeper = keepCertificate(files("acs"), silentLog);
    const boxAuthorities = readAuthorities(made.path("factory.crt"));
    const app = Fastify({ forceCloseConnections: true, ...speaking({ keeper, boxAuthorities }) });
    app.get("/", (query) => ({ box: provenBox(query.socket) ?? null, protocol: query.protocol }));
    await app.listen({ host: "127.0.0.1", port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const ask = (name?: string) =>
      new Promise<unknown>((resolve, reject) => {
        const identity =
          name === undefined ? {} : { cert: made.text(`${name}.crt`), key: made.text(`${name}.key`) };
        request(
          { host: "127.0.0.1", port, ca: made.text("ca.crt"), agent: false, ...identity },
          (response) => {
            let text = "";
            response
              .on("data", (chunk: Buffer) => (text += chunk.toString()))
              .on("end", () => resolve(JSON.parse(text)));
          },
        )
          .on("error", reject)
          .end();
      });
    expect(await ask("box")).toEqual({ box: "02544E-ata-1", protocol: "https" });
    expect(await ask("stranger")).toEqual({ box: null, protocol: "https" });
    expect(await ask()).toEqual({ box: null, protocol: "https" });
    keeper.stop();
    await app.close();
  });
});
