import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import type { TLSSocket } from "node:tls";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Authentication } from "../net/authentication.ts";
import type { TlsIdentity } from "../net/authorities.ts";
import { HttpSession } from "./http-session.ts";

const missing =
  spawnSync("openssl", ["version"]).error === undefined ? undefined : "openssl is not installed";

describe.skipIf(missing !== undefined)(
  `an ACS behind TLS${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    let folder = "";
    let certificate = "";
    let server: Server;
    let url = "";
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "cwmp-tls-"));
      const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
      const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"];
      const made = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        ...subject,
      ];
      expect(spawnSync("openssl", [...made, "-keyout", key, "-out", cert]).status).toBe(0);
      certificate = readFileSync(cert, "utf8");
      server = createServer({ key: readFileSync(key), cert: certificate }, (request, response) => {
        request.resume();
        if (request.url === "/away") response.writeHead(302, { Location: "http://127.0.0.1:1/" }).end();
        else response.end("safe");
      });
      const { promise, resolve } = Promise.withResolvers<void>();
      server.listen(0, "127.0.0.1", resolve);
      await promise;
      url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    });
    afterAll(() => {
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true, force: true });
    });

    const post = async (
      target: string,
      certificates?: readonly string[],
      identity?: TlsIdentity,
    ): Promise<string> => {
      const session = new HttpSession({
        url: target,
        authentication: new Authentication(() => ({ username: "", password: "" })),
        timeout: 2000,
        maximumBytes: 1000,
        ...(certificates === undefined ? {} : { certificates }),
        ...(identity === undefined ? {} : { identity }),
      });
      try {
        return (await session.post("<x/>")).toString();
      } finally {
        session.close();
      }
    };

    it("is spoken to when its certificate is trusted", async () => {
      expect(await post(url, [certificate])).toBe("safe");
    });

    it("is refused when nobody vouches for it", async () => {
      await expect(post(url)).rejects.toMatchObject({ code: "UNREACHABLE" });
    });

    it("learns who the device is by its certificate where it asks", async () => {
      const key = readFileSync(join(folder, "key.pem"), "utf8");
      const strict = createServer(
        { key, cert: certificate, ca: [certificate], requestCert: true, rejectUnauthorized: true },
        (request, response) => {
          const { subject } = (request.socket as TLSSocket).getPeerCertificate();
          response.end(`hello ${String(subject.CN)}`);
        },
      );
      const { promise, resolve } = Promise.withResolvers<void>();
      strict.listen(0, "127.0.0.1", resolve);
      await promise;
      const there = `https://127.0.0.1:${(strict.address() as AddressInfo).port}/`;
      try {
        expect(await post(there, [certificate], { certificate, key })).toBe("hello 127.0.0.1");
        await expect(post(there, [certificate])).rejects.toMatchObject({ code: "UNREACHABLE" });
      } finally {
        strict.close();
        strict.closeAllConnections();
      }
    });

    it("cannot send the device away from TLS", async () => {
      await expect(post(`${url}away`, [certificate])).rejects.toMatchObject({ code: "BAD_REDIRECT" });
    });
  },
);
