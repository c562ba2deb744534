import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { serveUpdateDoor } from "./update-door.ts";
import { fileTransport } from "./update/index.ts";
import type { ActivationOrder, OrderAnswer, UpdateEngine, UpdateOrder } from "./update/index.ts";

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "door-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the local door", () => {
  let asked: (UpdateOrder | ActivationOrder)[];
  let answer: OrderAnswer;
  let wishes: number;
  let cancelled: string[];
  let door: { stop(): void };
  beforeEach(() => {
    asked = [];
    wishes = 0;
    answer = { accepted: true };
    const take = (order: UpdateOrder | ActivationOrder): OrderAnswer => {
      asked.push(order);
      return answer;
    };
    const images = (held: string | undefined) => ({ boot: "a", slots: { held } });
    cancelled = [];
    const cancel = (commandKey: string) => {
      cancelled.push(commandKey);
      return { accepted: false, fault: { code: 9021, string: "it is too far on" } };
    };
    const view = { state: "idle", commandKey: "key-1" };
    const engine = { request: take, activate: take, cancel, images, view };
    door = serveUpdateDoor(
      folder,
      engine as unknown as UpdateEngine,
      () => "1.0.0",
      () => (wishes += 1),
      quiet,
    );
  });
  afterEach(() => door.stop());

  const say = async (text: string): Promise<Record<string, unknown>> => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const socket = createConnection(join(folder, "update.sock"), () => socket.write(`${text}\n`));
    socket.on("data", (bytes: Buffer) => resolve(bytes.toString()));
    socket.on("error", reject);
    const reply = JSON.parse(await promise) as Record<string, unknown>;
    socket.destroy();
    return reply;
  };

  it("is open to its owner only", async () => {
    await say("{}");
    expect(statSync(join(folder, "update.sock")).mode & 0o777).toBe(0o600);
  });

  it("takes an update back, or says why not", async () => {
    expect(await say('{"op":"cancel"}')).toEqual({ ok: false, error: "it is too far on" });
    expect(cancelled).toEqual(["key-1"]);
  });

  it("asks the ACS for firmware", async () => {
    expect(await say('{"op":"ask-acs"}')).toEqual({ ok: true });
    expect([wishes, asked]).toEqual([1, []]);
  });

  it("takes an image on this machine, and an address", async () => {
    const file = { from: "file", path: "/tmp/an image.img" };
    expect(await say(JSON.stringify({ op: "update", source: file }))).toEqual({ ok: true });
    const url = { from: "url", url: "http://acs/x.img" };
    await say(JSON.stringify({ op: "update", source: url, activate: false }));
    const common = { door: "local", commandKey: "", force: false };
    expect(asked).toEqual([
      { ...common, url: "file:///tmp/an%20image.img", activate: true },
      { ...common, url: "http://acs/x.img", activate: false },
    ]);
  });

  it("activates, and says what is", async () => {
    expect(await say('{"op":"activate"}')).toEqual({ ok: true });
    expect(asked).toEqual([{ door: "local", commandKey: "", force: false }]);
    const status = await say('{"op":"status"}');
    expect(status).toMatchObject({
      ok: true,
      update: { state: "idle" },
      boot: "a",
      slots: { held: "1.0.0" },
    });
  });

  it("says why the engine refuses", async () => {
    answer = { accepted: false, fault: { code: 9001, string: "an update is under way: trial" } };
    expect(await say('{"op":"activate"}')).toEqual({ ok: false, error: "an update is under way: trial" });
  });

  it.each([
    "{}",
    "[",
    '{"op":"sing"}',
    '{"op":"update","source":{"from":"file","path":"x.img"}}',
    "x".repeat(9000),
  ])("refuses nonsense (%#)", async (text) => {
    expect(await say(text)).toMatchObject({ ok: false });
    expect(asked).toEqual([]);
  });
});

describe("an image in a file", () => {
  const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
  const read = async (start: number, ifRange?: string) => {
    const url = pathToFileURL(join(folder, "x.img")).href;
    const { signal } = new AbortController();
    const reply = await fileTransport.open({ url, start, signal, ...(ifRange !== undefined && { ifRange }) });
    const parts: Uint8Array[] = [];
    for await (const part of reply.body) parts.push(part);
    reply.close();
    return { ...reply, content: Buffer.concat(parts) };
  };
  beforeEach(() => writeFileSync(join(folder, "x.img"), bytes));

  it("is read whole, and from where it was left while it is the same", async () => {
    const whole = await read(0);
    expect(whole).toMatchObject({ status: 200, start: 0, total: bytes.length });
    expect(whole.content.equals(bytes)).toBe(true);
    const rest = await read(150_000, whole.etag ?? "");
    expect(rest).toMatchObject({ status: 206, start: 150_000 });
    expect(rest.content.equals(bytes.subarray(150_000))).toBe(true);
    truncateSync(join(folder, "x.img"), 1000);
    expect(await read(150_000, whole.etag ?? "")).toMatchObject({ status: 200, total: 1000 });
  });

  it("that is not there, or is no plain file, is refused", async () => {
    rmSync(join(folder, "x.img"));
    await expect(read(0)).rejects.toMatchObject({ code: "UNSUPPORTED" });
    const url = pathToFileURL(folder).href;
    const { signal } = new AbortController();
    await expect(fileTransport.open({ url, start: 0, signal })).rejects.toMatchObject({
      code: "UNSUPPORTED",
    });
  });
});
