import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeImageHeader, encodeSignedPart } from "@tonalite/agent/core/firmware";
import { providerProfile, type Profiles } from "@tonalite/device-profiles";
import { fastify, type FastifyInstance, type InjectOptions } from "fastify";
import { createCampaigns } from "../campaigns/campaigns.ts";
import { createEventBus, type AcsEvent } from "../events.ts";
import { openFirmwareStore } from "../firmware/firmware-store.ts";
import { openReleaseStore } from "../firmware/release-store.ts";
import { keyId } from "../firmware/trust.ts";
import { silentLog } from "../log.ts";
import { createSealer } from "../secrets/seal.ts";
import { openStore } from "../store/database.ts";
import { shippedProfiles } from "../terms/provider-terms.ts";
import { registerApi, registerFirmwareDownloads, type Services } from "./index.ts";

/** A provider without any rule about the box's software, as a hosted service without hardware has it. */
const silent = providerProfile.parse({
  id: "silent",
  name: "Silent Telecom",
  document: { title: "Terms of use", version: "1" },
  rules: {},
});

/** The API on a real store of its own in a temporary folder; for tests. */
export async function openLaboratory() {
  const dataDir = mkdtempSync(join(tmpdir(), "tonalite-api-"));
  const store = await openStore({ dataDir, log: silentLog });
  const bus = createEventBus();
  const events: AcsEvent[] = [];
  bus.subscribe((event) => void events.push(event));
  const woken: string[] = [];
  const wake = (deviceId: string) => void woken.push(deviceId);
  const shipped = shippedProfiles();
  const profiles: Profiles = { ...shipped, providers: new Map([...shipped.providers, [silent.id, silent]]) };
  const { db } = store;
  const release = openReleaseStore(db, dataDir);
  const services: Services = {
    db,
    bus,
    sealer: createSealer(dataDir),
    log: silentLog,
    dataDir,
    profiles,
    wake,
    campaigns: createCampaigns({
      db,
      bus,
      profiles,
      wake,
      gate: async (image) => await release.requireReleased(image),
      log: silentLog,
    }),
    firmware: await openFirmwareStore(db, dataDir),
    release,
  };
  const app = fastify();
  await registerApi(app, services);
  const cwmp = fastify();
  registerFirmwareDownloads(cwmp, services);
  await Promise.all([app.ready(), cwmp.ready()]);
  const adminToken = readFileSync(join(dataDir, "admin-token"), "utf8").trim();

  return {
    services,
    app,
    cwmp,
    events,
    woken,
    dataDir,
    adminToken,
    /** A request with a token (the administrator's by default); `body` is what JSON the answer holds. */
    call: (method: Method, url: string, payload?: object, token = adminToken) =>
      request(app, method, url, payload, token),
    async close() {
      await Promise.all([app.close(), cwmp.close()]);
      await store.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
export type Laboratory = Awaited<ReturnType<typeof openLaboratory>>;

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

async function request(
  app: FastifyInstance,
  method: Method,
  url: string,
  payload: object | undefined,
  token: string,
) {
  const options: InjectOptions = { method, url, headers: { authorization: `Bearer ${token}` } };
  const answer = await app.inject(payload === undefined ? options : { ...options, payload });
  const isJson = answer.headers["content-type"]?.includes("json");
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: (isJson === true ? answer.json() : answer.body) as never,
  };
}

/** What registers a device; its serial number is new each time. */
export function newDevice(change: object = {}) {
  return {
    oui: "02544E",
    productClass: "virtual-ata",
    serialNumber: randomBytes(6).toString("hex"),
    profile: "virtual/sim",
    provider: "ippi",
    region: "fr",
    lines: [
      {
        line: 1,
        directoryNumber: "0123456789",
        sipUser: "alice",
        sipPassword: "s3cret-of-alice",
        domain: "sip.example.test",
      },
    ],
    ...change,
  };
}

/** Somebody who signs images. */
export function createPublisher() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return {
    trustIn(dataDir: string): void {
      mkdirSync(join(dataDir, "trust"), { recursive: true });
      writeFileSync(
        join(dataDir, "trust", "publisher.pem"),
        publicKey.export({ type: "spki", format: "pem" }),
      );
    },
    image(version: string, hardware = "virtual/sim"): Buffer {
      const payload = randomBytes(5000);
      const sha256 = createHash("sha256").update(payload).digest("hex");
      const signed = encodeSignedPart({
        format: 1,
        product: "tonalite-agent",
        version,
        hardware: [hardware],
        securityFloor: 0,
        keyId: keyId(publicKey),
        payload: { size: payload.length, sha256 },
        files: [{ path: "agent.mjs", size: 10, sha256, mode: 0o644 }],
        createdAt: "2026-01-01T00:00:00Z",
      });
      return Buffer.concat([encodeImageHeader(signed, sign(null, signed, privateKey)), payload]);
    },
  };
}
