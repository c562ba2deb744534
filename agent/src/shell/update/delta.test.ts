import { beforeEach, describe, expect, it } from "vitest";
import { encodeChunkList } from "../../core/delta/index.ts";
import { decodeImageHeader, type ImageFile } from "../../core/firmware/index.ts";
import { findChunks } from "./delta-base.ts";
import { createDeltaSupply } from "./delta.ts";
import { SimulatedBox } from "./simulation/box.ts";
import { chunksOf, filesOf, makeImage, trusted } from "./simulation/image.ts";
import { createChance } from "./simulation/power.ts";
import type { RangeReply } from "./transport.ts";

const chance = createChance(3);
const noise = (length: number): Buffer => Buffer.from(Uint8Array.from({ length }, () => chance.below(256)));
// One large file, of which the new version changes a little in two places. It ends in chunks of equal length.
const tail = Buffer.concat([Buffer.alloc(150_000, 0), Buffer.alloc(150_000, 0x77)]);
const old = Buffer.concat([noise(200_000), tail]);
const fresh = Buffer.concat([
  old.subarray(0, 50_000),
  noise(100),
  old.subarray(50_050, 150_000),
  noise(9),
  old.subarray(150_000),
]);
filesOf("1.0.0").set("lib/large.bin", old);
filesOf("2.0.0").set("lib/large.bin", fresh);
const image = makeImage("2.0.0", { plain: true });

let box: SimulatedBox;
/** Bytes that the server was made to send, and how often it was asked. */
let sent: number;
let asked: number;
let counted: { reused: number; fetched: number };
let change: (reply: RangeReply, request: { start: number; end?: number }) => RangeReply;

/** What a process of the agent begins with. */
function supply(contents?: () => Promise<string[]>) {
  const slot = `/state/slots/${box.running.slot}`;
  return createDeltaSupply({
    disk: box.disk,
    imageFile: "/state/update/image.part",
    contents: contents ?? (async () => (await box.disk.list(slot)).map((path) => `${slot}/${path}`)),
    trustedKeys: trusted,
    log: { info() {}, warn() {}, error() {} },
    onBytes: (counts) => (counted = counts),
  });
}

async function newBox(seed: number, served = image): Promise<void> {
  box = new SimulatedBox(createChance(seed), served);
  await box.leaveFactory();
  box.running = { slot: "a", version: "1.0.0" };
  sent = 0;
  asked = 0;
  change = (reply) => reply;
  const own = box.transport;
  box.transport = {
    open: async (request) => {
      asked += 1;
      const reply = change(await own.open(request), request);
      return { ...reply, body: tally(reply.body) };
    },
  };
}

async function* tally(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const bytes of body) {
    sent += bytes.length;
    yield bytes;
  }
}

async function toRest(): Promise<void> {
  for (;;) {
    box.supply ??= supply();
    if ((await box.boot()) === "rest") return;
  }
}

async function expectCommitted(): Promise<void> {
  await toRest();
  expect(box.stored()).toMatchObject({ state: "committed" });
  expect(await box.slotContent("b")).toBe("2.0.0");
}

beforeEach(async () => {
  counted = { reused: 0, fetched: 0 };
  await newBox(1);
});

function withBody(reply: RangeReply, edit: (bytes: Buffer) => Buffer): RangeReply {
  return { ...reply, body: edits(reply.body, edit) };
}
async function* edits(
  body: AsyncIterable<Uint8Array>,
  edit: (bytes: Buffer) => Buffer,
): AsyncGenerator<Uint8Array> {
  for await (const bytes of body) yield edit(Buffer.from(bytes));
}

describe("an update of which the box has most", () => {
  it("lets only what changed travel", async () => {
    await expectCommitted();
    expect(counted.reused + counted.fetched).toBe(image.length);
    // Four chunks around two edits, and what is new in the smaller files.
    expect(counted.fetched).toBeLessThan(250_000);
    expect(counted.fetched).toBeGreaterThan(20_000);
    expect(asked).toBeLessThan(12);
  });

  it("travels whole when the box has nothing of it, or cannot read what it has", async () => {
    for (const contents of [async () => [], async () => ["/state/gone", "/state"]]) {
      await newBox(2);
      box.supply = supply(async () => await Promise.resolve(contents()));
      await expectCommitted();
      expect(sent).toBeGreaterThan(image.length);
    }
  });

  it("travels whole when its payload is packed", async () => {
    const packed = makeImage("2.0.0");
    await newBox(3, packed);
    await expectCommitted();
    expect(sent).toBeGreaterThan(packed.length);
  });

  it("goes on where a broken connection left it", async () => {
    box.flaky = 5;
    await expectCommitted();
    expect(sent).toBeLessThan(image.length);
  });
});

describe("a server that does not give what the signed list names", () => {
  it("is asked for the whole, and has it", async () => {
    change = (reply, { start, end }) =>
      start > 100_000 && end !== undefined ? withBody(reply, (bytes) => bytes.fill(0x55, 0, 1)) : reply;
    await expectCommitted();
    expect(sent).toBeGreaterThan(image.length / 2);
  });

  it("does not get a wrong image in, however long it lies", async () => {
    const isHeader = ({ start, end }: { start: number; end?: number }) => start === 0 && end !== undefined;
    change = (reply, request) =>
      isHeader(request) ? reply : withBody(reply, (bytes) => bytes.fill(0x55, 0, 1));
    await toRest();
    expect(box.stored()).toMatchObject({ state: "rejected", code: "IMAGE_CORRUPTED" });
    expect(box.running.version).toBe("1.0.0");
  });

  it("is left its ways when it ignores ranges", async () => {
    change = (reply, { start, end }) => {
      if (start === 0 && end !== undefined && end < 200_000) return reply;
      return { ...reply, status: 200, start: 0, body: whole() };
    };
    async function* whole(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < image.length; at += 16_384)
        yield await Promise.resolve(image.subarray(at, at + 16_384));
    }
    await expectCommitted();
  });

  it("may have another image by now: it is judged anew", async () => {
    let asks = 0;
    change = (reply) => {
      asks += 1;
      if (asks === 3) box.etag = '"2"';
      return reply;
    };
    await expectCommitted();
    expect(box.journal.filter((state) => state === "checking").length).toBeGreaterThan(1);
  });
});

describe("a signed list that is wrong", () => {
  const { manifest } = decodeImageHeader(image);
  const withChunks = (edit: (chunks: { length: number; digest: string }[]) => void): Buffer => {
    const files = manifest.files.map((file): ImageFile => {
      if (file.path !== "lib/large.bin") return file;
      const chunks = chunksOf(fresh);
      edit(chunks);
      return { ...file, chunks: encodeChunkList(chunks) };
    });
    return makeImage("2.0.0", { plain: true, manifest: { files } });
  };

  it("costs bytes and nothing else when it names a chunk that is not in the image", async () => {
    await newBox(
      4,
      withChunks((chunks) => {
        for (const chunk of chunks.slice(5, 7)) chunk.digest = "0".repeat(32);
      }),
    );
    await expectCommitted();
  });

  it("costs bytes and nothing else when it names a chunk of the box in another's place", async () => {
    const full = chunksOf(fresh).filter(({ length }) => length === 65_536);
    const [zeros, others] = [full.at(0), full.at(-1)];
    expect(zeros?.digest).not.toBe(others?.digest);
    await newBox(
      5,
      withChunks((chunks) => {
        for (const chunk of chunks) if (chunk.digest === others?.digest) chunk.digest = zeros?.digest ?? "";
      }),
    );
    await expectCommitted();
    expect(box.journal.filter((state) => state === "checking")).toHaveLength(2);
  });

  it("costs bytes and nothing else when it cuts where nothing ends", async () => {
    await newBox(
      6,
      withChunks(([first, second]) => {
        if (!first || !second) return;
        first.length -= 1;
        second.length += 1;
      }),
    );
    await expectCommitted();
  });
});

describe("power cuts in an update of which the box has most", () => {
  it.each([1, 2, 3, 4])(
    "at every durable change, from change %i on in fours, end in the new image",
    async (first) => {
      const { changes: before } = box.power;
      await expectCommitted();
      const changes = box.power.changes - before;
      for (let cut = first; cut <= changes; cut += 4) {
        await newBox(100 + cut);
        let next: number | undefined = cut;
        for (;;) {
          if (next !== undefined) box.power.cutAfter(next);
          next = undefined;
          box.supply = supply();
          const end = await box.boot();
          box.power.restore();
          if (end === "rest") break;
          if (end === "cut") box.disk.crash();
          expect(box.running.version, `cut at ${cut}`).not.toBe("no whole image");
        }
        expect(box.stored()?.state, `cut at ${cut}`).toBe("committed");
      }
    },
  );
});

describe("the search for chunks", () => {
  it("passes over the empty rest of a partition, and finds what is behind it", async () => {
    const partition = "/dev/rootfs";
    await box.disk.addDevice(partition, 2_000_000);
    const file = await box.disk.open(partition, "write");
    await file.write(old, 0);
    await file.write(old, 1_200_000);
    await file.sync();
    await file.close();
    // Where a file ends, nothing in a partition tells.
    const wanted = new Set(
      chunksOf(old)
        .slice(0, -1)
        .map(({ digest }) => digest),
    );
    const found = await findChunks(box.disk, [partition], wanted, new AbortController().signal);
    expect([...found.keys()].toSorted()).toEqual([...wanted].toSorted());
    const unknown = new Set(["none of them"]);
    expect((await findChunks(box.disk, [partition], unknown, new AbortController().signal)).size).toBe(0);
    await expect(findChunks(box.disk, [partition], unknown, AbortSignal.abort())).rejects.toThrow(/abort/);
  });
});

describe("a box whose flash forgets what was found", () => {
  it("fetches it instead", async () => {
    const real = box.disk.open.bind(box.disk);
    let looked = false;
    box.disk.open = async (path, how, mode) => {
      const file = await real(path, how, mode);
      if (how !== "read" || !path.endsWith("large.bin") || !path.includes("/slots/a/")) return file;
      if (!looked) {
        looked = true;
        return file;
      }
      return {
        ...file,
        read: async (length, position) => Buffer.from(await file.read(length, position)).fill(1, 0, 1),
      };
    };
    await expectCommitted();
    expect(counted.fetched).toBeGreaterThan(300_000);
  });
});
