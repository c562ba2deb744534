import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson, type ReleaseRole } from "@tonalite/agent/core/release";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPublisher, newDevice, openLaboratory, type Laboratory } from "../api/laboratory.ts";
import { Campaign, FirmwareImage, Problem, Release, Update } from "../api/schemas.ts";
import { releaseCrypto } from "./release-crypto.ts";
import { openReleaseStore } from "./release-store.ts";

type Key = { id: string; public: string; private: KeyObject };
function newKey(): Key {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const value = publicKey.export({ type: "spki", format: "der" }).subarray(-32).toString("hex");
  return { id: releaseCrypto.sha256(Buffer.from(value)), public: value, private: privateKey };
}
const keys = { root: newKey(), release: newKey(), online: newKey(), stranger: newKey() };
const good = "2099-01-01T00:00:00Z";

function file(role: ReleaseRole, version: number, content: object, key: Key, expires = good): string {
  const signed = { _type: role, spec_version: "1.0.31", version, expires, ...content };
  const sig = sign(null, canonicalJson(signed), key.private).toString("hex");
  return JSON.stringify({ signed, signatures: [{ keyid: key.id, sig }] });
}
const about = (version: number, text: string) => ({
  version,
  length: text.length,
  hashes: { sha256: releaseCrypto.sha256(Buffer.from(text)) },
});

const root = file(
  "root",
  1,
  {
    consistent_snapshot: true,
    keys: Object.fromEntries(
      Object.values(keys).map((key) => [
        key.id,
        { keytype: "ed25519", scheme: "ed25519", keyval: { public: key.public } },
      ]),
    ),
    roles: {
      root: { keyids: [keys.root.id], threshold: 1 },
      targets: { keyids: [keys.release.id], threshold: 1 },
      snapshot: { keyids: [keys.online.id], threshold: 1 },
      timestamp: { keyids: [keys.online.id], threshold: 1 },
    },
  },
  keys.root,
);

/** A repository that lists one image, in so many versions. */
function repository(
  version: number,
  signer = keys.release,
  expires = good,
  sha256 = "ab".repeat(32),
): Record<string, string> {
  const target = {
    length: 1000,
    hashes: { sha256 },
    custom: {
      product: "tonalite-agent",
      version: `1.0.${version}`,
      hardware: ["virtual/sim"],
      securityFloor: 0,
      header: { length: 200, sha256: "cd".repeat(32) },
    },
  };
  const targets = file("targets", version, { targets: { [`agent-${version}`]: target } }, signer);
  const snapshot = file(
    "snapshot",
    version,
    { meta: { "targets.json": about(version, targets) } },
    keys.online,
  );
  const meta = { "snapshot.json": about(version, snapshot) };
  return {
    "1.root.json": root,
    [`${version}.targets.json`]: targets,
    [`${version}.snapshot.json`]: snapshot,
    "timestamp.json": file("timestamp", version, { meta }, keys.online, expires),
  };
}

let lab: Laboratory;
let authorization: string;
beforeAll(async () => {
  lab = await openLaboratory();
  const answer = await lab.call("POST", "/api/devices", newDevice());
  const { cwmpUsername, cwmpPassword } = (
    answer.body as { credentials: { cwmpUsername: string; cwmpPassword: string } }
  ).credentials;
  authorization = `Basic ${Buffer.from(`${cwmpUsername}:${cwmpPassword}`).toString("base64")}`;
});
afterAll(() => lab.close());

const publish = (files: Record<string, string>) => lab.call("PUT", "/api/release", { files });
const serve = (name: string, headers: Record<string, string> = { authorization }) =>
  lab.cwmp.inject({ url: `/firmware/any/release/${name}`, headers });
const acts = async (): Promise<object[]> => {
  const { body } = await lab.call("GET", "/api/audit");
  return (body as { items: { action: string; detail: object }[] }).items.filter(
    ({ action }) => action === "publish-release",
  );
};

describe("release metadata", () => {
  it("needs a root that this ACS trusts", async () => {
    expect((await lab.call("GET", "/api/release")).body).toMatchObject({ trusted: false, problem: null });
    const answer = await publish(repository(1));
    expect(answer.status).toBe(409);
    expect(Problem.parse(answer.body).remedy).toContain("root.json");
    mkdirSync(join(lab.dataDir, "trust"), { recursive: true });
    writeFileSync(join(lab.dataDir, "trust/root.json"), root);
    const { problem } = Release.parse((await lab.call("GET", "/api/release")).body);
    expect(problem).toMatch(/Nothing is published yet/);
  });

  it("is served beside every image once a device would believe it", async () => {
    const answer = await publish(repository(2));
    expect(answer.status).toBe(200);
    const release = Release.parse(answer.body);
    expect(release).toMatchObject({ trusted: true, problem: null, expiresAt: good });
    expect(release.images).toMatchObject([{ name: "agent-2", version: "1.0.2" }]);
    expect(release.roles.find(({ role }) => role === "targets")).toMatchObject({
      version: 2,
      signers: [keys.release.id],
    });
    const file = await serve("timestamp.json");
    expect(file.body).toBe(repository(2)["timestamp.json"]);
    const etag = String(file.headers["etag"]);
    expect((await serve("timestamp.json", { authorization, "if-none-match": etag })).statusCode).toBe(304);
    expect((await serve("1.root.json")).statusCode).toBe(200);
    expect((await serve("2.root.json")).statusCode).toBe(404);
    expect((await serve("timestamp.json", {})).statusCode).toBe(401);
    expect(await acts()).toMatchObject([{ detail: { targets: 2, images: ["agent-2"] } }]);
  });

  it("serves nothing else of the ACS's folder", async () => {
    for (const name of ["believed.json", "..%2Fadmin-token", "0.root.json", "timestamp.json.next"])
      expect((await serve(name)).statusCode).toBe(404);
  });

  it.each<[string, () => Record<string, string>, RegExp]>([
    ["signed by a stranger", () => repository(3, keys.stranger), /targets 3 .* has 0 of the 1 signatures/],
    ["that goes back", () => repository(1), /goes back: timestamp 1 after 2/],
    ["that is expired", () => repository(3, keys.release, "2020-01-01T00:00:00Z"), /timestamp 3 .* expired/],
    [
      "of two states",
      () => ({ ...repository(3), "3.targets.json": repository(4)["4.targets.json"] as string }),
      /3\.targets\.json .* is not the file/,
    ],
    [
      "that lacks a file",
      () => ({ "timestamp.json": repository(3)["timestamp.json"] as string }),
      /no 3\.snapshot/,
    ],
    ["that is no JSON", () => ({ "timestamp.json": "{" }), /not JSON/],
  ])("is refused %s, and what was good stays", async (_what, files, reason) => {
    const answer = await publish(files());
    expect(answer.status).toBe(422);
    expect(Problem.parse(answer.body).detail).toMatch(reason);
    expect((await serve("timestamp.json")).body).toBe(repository(2)["timestamp.json"]);
    expect(readdirSync(join(lab.dataDir, "release"))).not.toContain("3.targets.json");
    expect(await acts()).toHaveLength(1);
  });

  it("is refused under other names, before it is looked at", async () => {
    expect((await publish({ "../x.json": "{}" })).status).toBe(400);
  });

  it("may come again, and goes on from where it was after a restart", async () => {
    expect((await publish(repository(2))).status).toBe(200);
    expect(await acts()).toHaveLength(1);
    const again = openReleaseStore(lab.services.db, lab.dataDir);
    expect((await again.describe()).images[0]?.name).toBe("agent-2");
    await expect(again.publish(repository(1), "somebody")).rejects.toThrow(/goes back/);
  });

  it("says when devices would take no update any more", async () => {
    const later = openReleaseStore(lab.services.db, lab.dataDir, () => new Date("2100-01-01T00:00:00Z"));
    expect((await later.describe()).problem).toMatch(/expired at 2099/);
  });
});

describe("an image that is ordered", () => {
  let image: FirmwareImage;
  const listing = (version: number, sha256 = image.sha256) =>
    publish(repository(version, keys.release, good, sha256));
  const newBox = async (): Promise<string> => {
    const answer = await lab.call("POST", "/api/devices", newDevice());
    return (answer.body as { device: { id: string } }).device.id;
  };
  const order = (device: string) =>
    lab.call("POST", `/api/devices/${encodeURIComponent(device)}/updates`, { imageId: image.id });
  const begin = (devices: string[]) =>
    lab.call("POST", "/api/campaigns", {
      name: "released",
      imageId: image.id,
      select: { devices },
      waves: [50, 100],
      pauseHours: 0,
    });

  beforeAll(async () => {
    const publisher = createPublisher();
    publisher.trustIn(lab.dataDir);
    const answer = await lab.app.inject({
      method: "POST",
      url: "/api/firmware",
      payload: publisher.image("3.0.0"),
      headers: { authorization: `Bearer ${lab.adminToken}`, "content-type": "application/octet-stream" },
    });
    image = FirmwareImage.parse(answer.json());
  });

  it("is refused before any box hears of it when no release lists it, and the remedy is named", async () => {
    const device = await newBox();
    for (const answer of [await order(device), await begin([device])]) {
      expect(answer.status).toBe(422);
      const { detail, remedy } = Problem.parse(answer.body);
      expect(detail).toMatch(/^No current release lists version 3\.0\.0/);
      expect(remedy).toContain("npm run firmware -- repository add");
    }
    const { body } = await lab.call("GET", `/api/devices/${encodeURIComponent(device)}/commands`);
    expect(body).toMatchObject({ items: [] });
    expect((await lab.call("GET", "/api/campaigns")).body).toMatchObject({ items: [] });
  });

  it("goes out once a release lists it", async () => {
    expect((await listing(3)).status).toBe(200);
    const answer = await order(await newBox());
    expect(answer.status).toBe(202);
    expect(Update.parse(answer.body)).toMatchObject({ state: "requested", version: "3.0.0" });
  });

  it("is not let through by a release that is expired, nor held by an ACS without a root", async () => {
    const later = openReleaseStore(lab.services.db, lab.dataDir, () => new Date("2100-01-01T00:00:00Z"));
    await expect(later.requireReleased(image)).rejects.toThrow(/expired at 2099/);
    const rootless = openReleaseStore(lab.services.db, join(lab.dataDir, "elsewhere"));
    await expect(rootless.requireReleased(image)).resolves.toBeUndefined();
  });

  it("lets its campaign pause when its release is taken back, and go on when it is there again", async () => {
    const devices = [await newBox(), await newBox()];
    const begun = await begin(devices);
    expect(begun.status).toBe(201);
    const { id, waves } = Campaign.parse(begun.body);
    expect(waves).toMatchObject([{ open: 1 }, { left: 1 }]);
    expect((await listing(4, "ef".repeat(32))).status).toBe(200);
    const ordered = await lab.services.db
      .selectFrom("updates")
      .select(["device_id", "command_key"])
      .where("device_id", "in", devices)
      .executeTakeFirstOrThrow();
    await lab.services.campaigns.noteUpdateState(ordered.device_id, {
      state: "committed",
      reason: null,
      commandKey: ordered.command_key,
    });
    await lab.services.campaigns.rollouts.advance();
    const read = async () => Campaign.parse((await lab.call("GET", `/api/campaigns/${id}`)).body);
    const paused = await read();
    expect(paused).toMatchObject({ state: "paused", waves: [{ committed: 1 }, { left: 1, passedOver: 0 }] });
    expect(paused.reason).toMatch(/^No current release lists version 3\.0\.0/);
    expect((await listing(5)).status).toBe(200);
    expect((await lab.call("PATCH", `/api/campaigns/${id}`, { state: "running" })).status).toBe(200);
    expect(await read()).toMatchObject({ state: "running", reason: null, waves: [{}, { open: 1 }] });
  });
});
