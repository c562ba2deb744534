import { createHash, generateKeyPairSync } from "node:crypto";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { maximumPayload } from "@tonalite/agent/core/firmware";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPublisher, newDevice, openLaboratory, type Laboratory } from "../api/laboratory.ts";
import { FirmwareImage, Problem } from "../api/schemas.ts";
import { readRange } from "./byte-range.ts";

let lab: Laboratory;
const publisher = createPublisher();
const stranger = createPublisher();
let device: { cwmpUsername: string; cwmpPassword: string };

beforeAll(async () => {
  lab = await openLaboratory();
  const answer = await lab.call("POST", "/api/devices", newDevice());
  device = (answer.body as { credentials: typeof device }).credentials;
});
afterAll(() => lab.close());

async function upload(image: Buffer, query = "") {
  const answer = await lab.app.inject({
    method: "POST",
    url: `/api/firmware${query}`,
    payload: image,
    headers: { authorization: `Bearer ${lab.adminToken}`, "content-type": "application/octet-stream" },
  });
  return { status: answer.statusCode, body: answer.json<unknown>() };
}
const stored = () =>
  readdirSync(join(lab.dataDir, "firmware"), { recursive: true, encoding: "utf8" }).filter(
    (name) => name !== "incoming",
  );

describe("uploads", () => {
  it("need a trusted publisher", async () => {
    const answer = await upload(publisher.image("1.0.0"));
    expect(answer.status).toBe(409);
    expect(Problem.parse(answer.body).remedy).toContain("trust");
  });

  it("are kept by their hash, once", async () => {
    publisher.trustIn(lab.dataDir);
    const image = publisher.image("1.1.0");
    const first = await upload(image, "?name=one.img");
    expect(first.status).toBe(201);
    const facts = FirmwareImage.parse(first.body);
    const sha256 = createHash("sha256").update(image).digest("hex");
    expect(facts).toMatchObject({
      version: "1.1.0",
      hardware: ["virtual/sim"],
      size: image.length,
      sha256,
      fileName: "one.img",
    });
    const again = await upload(image);
    expect(again).toEqual({ status: 200, body: first.body });
    const both = await Promise.all([upload(publisher.image("1.2.0")), upload(image)]);
    expect(both.map((answer) => answer.status)).toEqual([201, 200]);
    expect(stored()).toContain(`${sha256}.img`);
    expect(((await lab.call("GET", "/api/firmware")).body as { items: unknown[] }).items).toHaveLength(2);
  });

  it.each<[string, () => Buffer, string]>([
    ["signed by a stranger", () => stranger.image("2.0.0"), "key"],
    ["with one payload bit changed", () => flip(publisher.image("2.0.0"), -100), "not what was signed"],
    [
      "with a changed manifest",
      () => Buffer.from(publisher.image("2.0.0").toString("latin1").replace('"2.0.0"', '"2.0.1"'), "latin1"),
      "signature",
    ],
    ["cut in its payload", () => publisher.image("2.0.0").subarray(0, -1), "cut short"],
    ["cut in its header", () => publisher.image("2.0.0").subarray(0, 50), "header"],
    [
      "with something after its end",
      () => Buffer.concat([publisher.image("2.0.0"), Buffer.of(0)]),
      "goes on",
    ],
    ["that is no image", () => Buffer.from("#!/bin/sh\nreboot\n"), "firmware image"],
    ["that is empty", () => Buffer.alloc(0), ""],
  ])("of a file %s are refused and leave nothing behind", async (_case, make, words) => {
    const before = stored();
    const answer = await upload(make());
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    const problem = Problem.parse(answer.body);
    expect(problem.detail.toLowerCase()).toContain(words.toLowerCase());
    expect(problem.remedy).toBeDefined();
    expect(stored()).toEqual(before);
    expect(readdirSync(join(lab.dataDir, "firmware", "incoming"))).toEqual([]);
  });

  it("have a limit", async () => {
    const answer = await lab.app.inject({
      method: "POST",
      url: "/api/firmware",
      payload: Buffer.alloc(10),
      headers: {
        authorization: `Bearer ${lab.adminToken}`,
        "content-type": "application/octet-stream",
        "content-length": String(maximumPayload * 2),
      },
    });
    expect(answer.statusCode).toBe(413);
  });

  it("are refused while a private key lies among the trusted", async () => {
    const file = join(lab.dataDir, "trust", "wrong.pem");
    writeFileSync(file, generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }));
    const answer = await upload(publisher.image("3.0.0"));
    writeFileSync(file, generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }));
    expect(answer.status).toBe(409);
    expect(Problem.parse(answer.body).detail).toContain("private key");
    expect((await upload(publisher.image("3.0.0"))).status).toBe(201);
  });
});

describe("downloads", () => {
  const basic = () =>
    `Basic ${Buffer.from(`${device.cwmpUsername}:${device.cwmpPassword}`).toString("base64")}`;
  let image: Buffer;
  let url: string;
  beforeAll(async () => {
    publisher.trustIn(lab.dataDir);
    image = publisher.image("4.0.0");
    const { id, fileName } = FirmwareImage.parse((await upload(image)).body);
    url = `/firmware/${id}/${fileName}`;
  });
  const get = (headers: Record<string, string> = {}, method: "GET" | "HEAD" = "GET") =>
    lab.cwmp.inject({ method, url, headers: { authorization: basic(), ...headers } });

  it("need the device's credentials, and offer digest first", async () => {
    const none = await lab.cwmp.inject(url);
    expect(none.statusCode).toBe(401);
    expect([none.headers["www-authenticate"]].flat().map((value) => value?.split(" ")[0])).toEqual([
      "Digest",
      "Digest",
      "Basic",
    ]);
    for (const pair of [`${device.cwmpUsername}:wrong`, `nobody:${device.cwmpPassword}`, ":"])
      expect((await get({ authorization: `Basic ${Buffer.from(pair).toString("base64")}` })).statusCode).toBe(
        401,
      );
    expect((await get({ authorization: `Bearer ${lab.adminToken}` })).statusCode).toBe(401);
  });

  it("take a digest answer", async () => {
    const offers = [(await lab.cwmp.inject(url)).headers["www-authenticate"]].flat();
    const offer = offers.find((value) => value?.includes("SHA-256")) ?? "";
    const field = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(offer)?.[1] ?? "";
    const hash = (text: string) => createHash("sha256").update(text).digest("hex");
    const ha1 = hash(`${device.cwmpUsername}:${field("realm")}:${device.cwmpPassword}`);
    const response = hash(`${ha1}:${field("nonce")}:00000001:c0:auth:${hash(`GET:${url}`)}`);
    const authorization = `Digest username="${device.cwmpUsername}", realm="${field("realm")}", nonce="${field("nonce")}", uri="${url}", algorithm=SHA-256, qop=auth, nc=00000001, cnonce="c0", response="${response}"`;
    expect((await lab.cwmp.inject({ url, headers: { authorization } })).statusCode).toBe(200);
    expect((await lab.cwmp.inject({ url, headers: { authorization } })).statusCode).toBe(401); // replayed
  });

  it("give the whole file, and nothing to HEAD but its measure", async () => {
    const whole = await get();
    expect(whole.statusCode).toBe(200);
    expect(whole.rawPayload.equals(image)).toBe(true);
    expect(whole.headers["accept-ranges"]).toBe("bytes");
    const head = await get({}, "HEAD");
    expect([head.statusCode, head.headers["content-length"], head.rawPayload.length]).toEqual([
      200,
      String(image.length),
      0,
    ]);
    expect(head.headers.etag).toBe(whole.headers.etag);
    expect((await get({ "if-none-match": String(whole.headers.etag) })).statusCode).toBe(304);
  });

  it("go on where they stopped, if the file is still the same", async () => {
    const etag = String((await get({}, "HEAD")).headers.etag);
    const rest = await get({ range: "bytes=1000-", "if-range": etag });
    expect([rest.statusCode, rest.headers["content-range"]]).toEqual([
      206,
      `bytes 1000-${image.length - 1}/${image.length}`,
    ]);
    expect(rest.rawPayload.equals(image.subarray(1000))).toBe(true);
    expect((await get({ range: "bytes=1000-", "if-range": '"another"' })).statusCode).toBe(200);
    const beyond = await get({ range: `bytes=${image.length}-` });
    expect([beyond.statusCode, beyond.headers["content-range"]]).toEqual([416, `bytes */${image.length}`]);
  });

  it("of what is not there are 404", async () => {
    for (const wrong of [
      "/firmware/../../etc/passwd",
      "/firmware/..%2f..%2fetc/passwd",
      "/firmware/00000000-0000-4000-8000-000000000000/x.img",
    ])
      expect((await lab.cwmp.inject({ url: wrong, headers: { authorization: basic() } })).statusCode).toBe(
        404,
      );
  });
});

describe("a Range header", () => {
  it.each([
    [undefined, undefined],
    ["bytes=0-0", { start: 0, end: 0 }],
    ["bytes=90-", { start: 90, end: 99 }],
    ["bytes=-10", { start: 90, end: 99 }],
    ["bytes=-1000", { start: 0, end: 99 }],
    ["bytes=50-1000", { start: 50, end: 99 }],
    ["bytes=100-", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=9-3", undefined],
    ["bytes=-", undefined],
    ["bytes=0-1,5-6", undefined],
    ["lines=0-1", undefined],
  ])("%s", (header, range) => expect(readRange(header, 100)).toEqual(range));
});

function flip(image: Buffer, at: number): Buffer {
  const copy = Buffer.from(image);
  const index = copy.length + at;
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}
