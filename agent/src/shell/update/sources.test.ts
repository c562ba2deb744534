import { beforeEach, describe, expect, it } from "vitest";
import { order, SimulatedBox } from "./simulation/box.ts";
import { makeImage } from "./simulation/image.ts";
import { createChance } from "./simulation/power.ts";
import { TransportError, type RangeRequest } from "./transport.ts";

type Trouble = "down" | "breaks" | "damaged" | "other";
const first = "http://mirror-1/image";
const second = "http://mirror-2/image";
let box: SimulatedBox;
let asked: { url: string; start: number; credentials: boolean }[];
let trouble: (request: RangeRequest) => Trouble | undefined;
const toRest = async (): Promise<void> => {
  for (let boots = 0; boots < 20; boots += 1) if ((await box.boot()) === "rest") return;
  throw new Error(`never came to rest, last in ${JSON.stringify(box.stored())}`);
};

beforeEach(async () => {
  box = new SimulatedBox(createChance(1), makeImage("2.0.0"));
  await box.leaveFactory();
  asked = [];
  trouble = () => undefined;
  const inner = box.transport;
  box.transport = {
    open: async (request) => {
      const { url, start, credentials, ifRange, ...rest } = request;
      asked.push({ url, start, credentials: credentials !== undefined });
      const own = url === order.url;
      const how = trouble(request);
      if (how === "down") throw new TransportError("UNREACHABLE", `${url} cannot be reached`);
      const reply = await inner.open({
        ...rest,
        url,
        start,
        ...(own && ifRange !== undefined && { ifRange }),
      });
      const named = { ...reply, etag: own ? reply.etag : '"theirs"' };
      if (how === "other") return { ...named, total: 5 };
      if (how === "breaks") return { ...named, body: breaking(reply.body) };
      if (how === "damaged") return { ...named, body: damaging(reply.body) };
      return named;
    },
  };
  box.order = { ...order, mirrors: [first, second], username: "box", password: "secret" };
  box.retry = { attempts: 4, firstMs: 0, longestMs: 0, longestAskedMs: 0 };
});

async function* breaking(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let given = 0;
  for await (const bytes of body) {
    yield bytes;
    given += bytes.length;
    if (given >= 32_768) throw new TransportError("BROKEN_OFF", "the connection broke off");
  }
}
async function* damaging(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const bytes of body) yield Buffer.alloc(bytes.length, 0x20);
}

describe("several sources", () => {
  it("are not asked while the first answers", async () => {
    await toRest();
    expect(new Set(asked.map(({ url }) => url))).toEqual(new Set([order.url]));
  });

  it("go on at the same byte where one breaks off, and never see its credentials", async () => {
    trouble = ({ url, start, end }) => {
      if (end !== undefined) return undefined;
      if (url === order.url) return start === 0 ? "breaks" : "down";
      return url === first ? "other" : undefined;
    };
    await toRest();
    expect(box.stored()?.state).toBe("committed");
    const [whole, ...rest] = asked.slice(1);
    expect(whole).toEqual({ url: order.url, start: 0, credentials: true });
    expect(rest.at(-1)).toMatchObject({ url: second, credentials: false });
    expect(rest.at(-1)?.start).toBeGreaterThanOrEqual(32_768);
    expect(box.journal.filter((state) => state === "checking")).toHaveLength(1);
  });

  it("bring the header, too, and the whole, when the order's own address is dead", async () => {
    trouble = ({ url }) => (url === order.url ? "down" : undefined);
    await toRest();
    expect(box.stored()?.state).toBe("committed");
    expect(box.journal.filter((state) => state === "checking")).toHaveLength(1);
  });

  it("of which one brings damaged bytes are each tried alone", async () => {
    trouble = ({ url, end }) => {
      if (end !== undefined) return undefined;
      return url === second ? undefined : url === first ? "damaged" : "down";
    };
    await toRest();
    expect(box.stored()?.state, JSON.stringify(box.stored())).toBe("committed");
  });

  it("that all fail end with the first one's fault", async () => {
    trouble = ({ url, end }) => {
      if (end !== undefined) return undefined;
      return url === order.url ? "down" : "other";
    };
    await toRest();
    expect(box.stored()).toMatchObject({ state: "rejected", code: "SERVER_UNREACHABLE" });
    expect(box.stored()?.reason).toContain(order.url);
  });
});
