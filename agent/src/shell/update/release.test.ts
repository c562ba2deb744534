import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodeImageHeader } from "../../core/firmware/index.ts";
import { createReleaseCheck } from "./release.ts";
import { SimulatedBox } from "./simulation/box.ts";
import { makeImage } from "./simulation/image.ts";
import { createChance } from "./simulation/power.ts";
import { sha256, TestRepository, type Json } from "./simulation/repository.ts";
import { createHttpTransport, type RangeReply, type Transport } from "./transport.ts";

const image = makeImage("2.0.0");
const head = image.subarray(0, decodeImageHeader(image).payloadOffset);
const custom = {
  product: "tonalite-agent",
  version: "2.0.0",
  hardware: ["virtual/sim"],
  securityFloor: 0,
  header: { length: head.length, sha256: sha256(head) },
};

let repository: TestRepository;
let box: SimulatedBox;
let words: string[];
/** What the file server does with a file of the metadata; undefined: it has none. */
let serve: (file: string) => AsyncIterable<Uint8Array> | Buffer | undefined;

function reply(status: number, body: AsyncIterable<Uint8Array>): RangeReply {
  return { status, etag: null, start: 0, total: null, retryAfterMs: null, body, close: () => {} };
}
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

/** The box's own server, with the metadata beside the image. */
function withMetadata(transport: Transport): Transport {
  return {
    open: async (request) => {
      const file = /\/release\/(.*)$/.exec(request.url)?.[1];
      if (file === undefined) return await transport.open(request);
      const found = serve(file);
      if (!found) return reply(404, once(Buffer.from("no")));
      return reply(200, Buffer.isBuffer(found) ? once(found) : found);
    },
  };
}

async function newBox(seed = 1): Promise<SimulatedBox> {
  const made = new SimulatedBox(createChance(seed), image);
  await made.leaveFactory();
  await made.disk.makeFolder("/state/factory");
  const root = await made.disk.open("/state/factory/root.json", "create");
  await root.write(repository.file("1.root.json"), 0);
  await root.sync();
  await root.close();
  for (const folder of ["/state/factory", "/state"]) await made.disk.syncFolder(folder);
  made.transport = withMetadata(made.transport);
  made.release = createReleaseCheck({
    disk: made.disk,
    folder: "/state/release",
    factoryRoot: "/state/factory/root.json",
    hardware: "virtual/sim",
    log: { info() {}, warn() {}, error() {} },
    onChecked: (said) => words.push(said),
    now: () => made.now(),
    patienceMs: 200,
  });
  made.now = () => new Date("2026-06-01T12:00:00Z");
  return made;
}

async function toRest(): Promise<void> {
  while ((await box.boot()) !== "rest");
}

/** One update to its end: why it was refused, or the state it came to. */
async function outcome(): Promise<string> {
  await toRest();
  const { state, code = "", reason = "" } = box.stored() ?? { state: "none" };
  if (state !== "rejected") return state;
  expect(await box.slotContent("a")).toBe("1.0.0");
  expect(box.journal).toEqual(["checking", "rejected"]);
  return `${code}: ${reason}`;
}

beforeEach(async () => {
  words = [];
  repository = new TestRepository();
  repository.list("tonalite-agent-2.0.0.img", image, custom);
  repository.publish();
  serve = (file) => repository.files.get(file);
  box = await newBox();
});

describe("a box with a release root", () => {
  it("takes an image that the current release lists", async () => {
    expect(await outcome()).toBe("committed");
    expect(words).toEqual(["root 1, release 2"]);
  });

  it("refuses one that a trusted key signed and no release lists, after its header", async () => {
    repository.targets = {};
    repository.publish();
    expect(await outcome()).toBe(
      "IMAGE_UNTRUSTED: version 2.0.0 is not among the images that release 3 lists",
    );
  });

  it.each<[string, Json, Json, RegExp]>([
    ["of another length", {}, { length: 5 }, /with 5 bytes, it has \d+$/],
    [
      "as another version",
      { version: "2.0.1" },
      {},
      /as tonalite-agent 2\.0\.1, it is tonalite-agent 2\.0\.0$/,
    ],
    ["with another floor", { securityFloor: 7 }, {}, /^IMAGE_UNTRUSTED/],
    ["for other hardware", { hardware: ["acme/ata2"] }, {}, /for acme\/ata2, this is virtual\/sim$/],
  ])("refuses one that is listed %s", async (_what, said, change, reason) => {
    repository.targets = {};
    repository.list("slip", image, { ...custom, ...said }, change);
    repository.publish();
    expect(await outcome()).toMatch(reason);
  });

  it("refuses a file whose whole hash is not the listed one", async () => {
    repository.targets = {};
    repository.list("other", image, custom, { hashes: { sha256: "0".repeat(64) } });
    repository.publish();
    await toRest();
    expect(box.stored()).toMatchObject({ state: "rejected", code: "IMAGE_UNTRUSTED" });
    expect(box.journal).not.toContain("installing");
  });

  it("takes nothing where there is no release metadata, or it is expired, and says so", async () => {
    serve = () => undefined;
    expect(await outcome()).toBe(
      "IMAGE_UNTRUSTED: this box takes only released images: the release metadata has no timestamp.json",
    );
    serve = (file) => repository.files.get(file);
    box = await newBox();
    box.now = () => new Date("2031-01-01T00:00:00Z");
    expect(await outcome()).toMatch(/^IMAGE_UNTRUSTED: root 1 of the release metadata expired at 2030/);
  });

  it("does not read on when a file has no end", async () => {
    let sent = 0;
    serve = async function* () {
      for (; ; sent += 1024) yield await Promise.resolve(Buffer.alloc(1024, 32));
    };
    expect(await outcome()).toMatch(/^IMAGE_UNTRUSTED: 2\.root\.json .* more than 131072 bytes$/);
    expect(sent).toBeLessThan(200_000);
  });

  it("does not forget between starts what it saw", async () => {
    const old = repository.file("timestamp.json");
    repository.targets = {};
    repository.publish();
    expect(await outcome()).toMatch(/not among the images that release 3 lists/);
    repository.files.set("timestamp.json", old);
    box.order = { url: "http://acs/image", commandKey: "key-2", force: true };
    await toRest();
    expect(box.stored()).toMatchObject({ state: "rejected", code: "IMAGE_UNTRUSTED" });
    expect(box.stored()?.reason).toMatch(/goes back: timestamp 2 after 3 was seen/);
  });

  it("takes nothing when its root is gone, and begins anew when its record is damaged", async () => {
    await box.disk.makeFolder("/state/release");
    const record = await box.disk.open("/state/release/release.json", "create");
    await record.write(Buffer.from("{"), 0);
    await record.close();
    expect(await outcome()).toBe("committed");
    box = await newBox();
    await box.disk.remove("/state/factory/root.json");
    expect(await outcome()).toMatch(/^IMAGE_UNTRUSTED: .*: the box's release root is gone/);
  });
});

describe("a power cut at any change while the metadata is fetched and stored", () => {
  it("leaves a box that ends as it should, and never goes back", async () => {
    repository.publishRoot();
    const start = box.power.changes;
    while (!box.journal.includes("downloading")) {
      const arrived = new Promise<void>((resolve) => {
        box.onView = ({ state }) => state === "downloading" && resolve();
      });
      const boot = box.boot();
      await Promise.race([arrived, boot]);
      await boot;
    }
    const changes = box.power.changes - start;
    expect(changes).toBeGreaterThan(20);
    for (let cut = 1; cut <= Math.min(changes, 60); cut += 1) {
      box = await newBox(100 + cut);
      box.power.cutAfter(cut);
      for (let end = await box.boot(); end !== "rest"; end = await box.boot()) {
        if (end !== "cut") continue;
        box.power.restore();
        box.disk.crash();
      }
      expect(box.stored()?.state, `cut at change ${cut}`).toBe("committed");
      const record = await box.disk.read("/state/release/release.json");
      expect(JSON.parse(Buffer.from(record ?? []).toString()), `cut at change ${cut}`).toMatchObject({
        format: 1,
      });
    }
  });
});

describe("a server of metadata that drips", () => {
  let server: Server;
  afterEach(() => server.close());

  it("is left after a while, and the box says why it waits", async () => {
    server = createServer((_request, answer) => {
      const drip = setInterval(() => answer.write(" "), 5);
      answer.on("close", () => clearInterval(drip));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const http = createHttpTransport();
    const own = box.transport;
    box.transport = {
      open: async (request) => {
        if (!request.url.includes("/release/")) return await own.open(request);
        return await http.open({ ...request, url: `http://127.0.0.1:${port}/x` });
      },
    };
    box.retry = { attempts: 2, firstMs: 0, longestMs: 0, longestAskedMs: 0 };
    expect(await outcome()).toMatch(/^(?:DOWNLOAD_INCOMPLETE|SERVER_UNREACHABLE): /);
    expect(box.views.some(({ reason }) => reason.includes("asked again"))).toBe(true);
  });
});
