import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodeImageHeader } from "../../core/firmware/index.ts";
import { createReleaseCheck } from "./release.ts";
import { order, SimulatedBox } from "./simulation/box.ts";
import { makeImage } from "./simulation/image.ts";
import { createChance } from "./simulation/power.ts";
import { sha256, TestRepository, type Json } from "./simulation/repository.ts";
import { createHttpTransport, TransportError } from "./transport.ts";
import type { RangeReply, RangeRequest, Transport } from "./transport.ts";

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
let serve: (file: string) => AsyncIterable<Uint8Array> | Buffer | number | undefined;
let asked: RangeRequest[];

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
      asked.push(request);
      if (found === undefined) return reply(404, once(Buffer.from("no")));
      if (typeof found === "number") return reply(found, once(Buffer.from("no")));
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
  asked = [];
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

describe("an image that was kept, when it is chosen later", () => {
  const credentials = { username: "box", password: "secret" };
  beforeEach(async () => {
    box.order = { ...order, ...credentials, activate: false };
    await toRest();
    expect(box.stored()?.state).toBe("available");
    box.activation = { commandKey: "key-2", force: true };
    asked = [];
  });
  const refusal = async (): Promise<string | undefined> => {
    await toRest();
    expect(box.stored()).toMatchObject({ state: "rejected", code: "IMAGE_UNTRUSTED", during: "activating" });
    expect(box.running).toEqual({ slot: "a", version: "1.0.0" });
    expect(await box.slotContent("a")).toBe("1.0.0");
    return box.stored()?.reason;
  };
  const withdraw = (): void => {
    repository.targets = {};
    repository.publish();
  };

  it("is started while it is listed, and its server is asked as it was before", async () => {
    await toRest();
    expect(box.stored()?.state).toBe("committed");
    expect(box.running.slot).toBe("b");
    expect(asked.map((request) => request.credentials)).toContainEqual(credentials);
    expect(JSON.stringify(box.stored())).not.toContain("secret");
  });

  it("is refused when its release was taken back", async () => {
    withdraw();
    expect(await refusal()).toBe("version 2.0.0 is not among the images that release 3 lists");
    expect(JSON.stringify(box.stored())).not.toContain("secret");
  });

  it("is refused when it is listed for other hardware meanwhile", async () => {
    repository.list("tonalite-agent-2.0.0.img", image, { ...custom, hardware: ["acme/ata2"] });
    repository.publish();
    expect(await refusal()).toMatch(/for acme\/ata2, this is virtual\/sim$/);
  });

  it("is refused when the releases are expired", async () => {
    box.now = () => new Date("2031-01-01T00:00:00Z");
    expect(await refusal()).toMatch(/^root 1 of the release metadata expired at 2030/);
  });

  it("is refused when its server goes back to what was before", async () => {
    const old = repository.file("timestamp.json");
    withdraw();
    box.activation = undefined;
    box.order = { ...order, activate: false, commandKey: "key-3" };
    await toRest();
    expect(box.stored()?.reason).toMatch(/release 3 lists/);
    repository.files.set("timestamp.json", old);
    box.order = { ...order, activate: false, commandKey: "key-4" };
    await toRest();
    expect(box.stored()?.reason).toMatch(/goes back: timestamp 2 after 3/);
  });

  describe.each<[string, () => undefined | number]>([
    [
      "cannot be reached",
      () => {
        throw new TransportError("UNREACHABLE", "acs cannot be reached");
      },
    ],
    ["does not know the box any more", () => 401],
    ["has no releases any more", () => undefined],
  ])("from a server that %s", (_what, silence) => {
    it("is judged by the releases that were seen last", async () => {
      serve = silence;
      await toRest();
      expect(box.stored()?.state).toBe("committed");
      expect(box.running.slot).toBe("b");
    });

    it("is refused once those are expired", async () => {
      serve = silence;
      box.now = () => new Date("2031-01-01T00:00:00Z");
      expect(await refusal()).toMatch(/expired at 2030/);
    });
  });

  it("is refused when the box saw that there is news, and cannot have it", async () => {
    withdraw();
    serve = (file) => (file === "timestamp.json" ? repository.file(file) : undefined);
    expect(await refusal()).toMatch(/has no 3\.snapshot\.json \(the releases could not be asked for anew/);
  });

  it("does not slip in by a power cut while it is judged", async () => {
    withdraw();
    for (let cut = 1; cut <= 12; cut += 1) {
      box.power.cutAfter(cut);
      for (let end = await box.boot(); end !== "rest"; end = await box.boot()) {
        expect(end, `cut at change ${cut}`).toBe("cut");
        box.power.restore();
        box.disk.crash();
      }
      expect(box.running, `cut at change ${cut}`).toEqual({ slot: "a", version: "1.0.0" });
    }
    expect(await refusal()).toMatch(/release 3 lists/);
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
