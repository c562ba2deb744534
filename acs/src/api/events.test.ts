import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEventBus } from "../events.ts";
import { EventStreams } from "./event-stream.ts";
import { openLaboratory, type Laboratory } from "./laboratory.ts";

let lab: Laboratory;
let url: string;
beforeAll(async () => {
  lab = await openLaboratory();
  await lab.app.listen({ host: "127.0.0.1", port: 0 });
  url = `http://127.0.0.1:${(lab.app.server.address() as AddressInfo).port}`;
});
afterAll(() => lab.close());

describe("live events", () => {
  it("arrive as they happen, filtered by device", async () => {
    const abort = new AbortController();
    const response = await fetch(`${url}/api/events?device=02544E-a-1`, {
      headers: { authorization: `Bearer ${lab.adminToken}` },
      signal: abort.signal,
    });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = (await reader?.read())?.value ?? "";
    lab.services.bus.publish({ type: "line", deviceId: "02544E-b-2", line: 1, status: "Up" });
    lab.services.bus.publish({ type: "line", deviceId: "02544E-a-1", line: 1, callStatus: "InCall" });
    while (!text.includes("InCall")) text += (await reader?.read())?.value ?? "";
    expect(text).toContain(
      'event: line\ndata: {"type":"line","deviceId":"02544E-a-1","line":1,"callStatus":"InCall"}\n\n',
    );
    expect(text).not.toContain("02544E-b-2");
    abort.abort();
  });

  it("need a token", async () => expect((await fetch(`${url}/api/events`)).status).toBe(401));

  it("of a reader that does not read are cut off, others go on", () => {
    const bus = createEventBus();
    const streams = new EventStreams(bus, 2);
    const written: string[] = [];
    const response = (buffered: number) => {
      const fake = {
        writableLength: buffered,
        destroyed: false,
        writeHead: () => fake,
        write: (text: string) => written.push(text),
        end: () => fake,
        on: () => fake,
        destroy: () => (fake.destroyed = true),
      };
      return fake;
    };
    const slow = response(1_000_000);
    const good = response(0);
    for (const one of [slow, good])
      streams.serve(
        one as never,
        () => true,
        async () => true,
      );
    expect(slow.destroyed).toBe(true);
    bus.publish({ type: "call", deviceId: "d", callId: "c" });
    expect(written.at(-1)).toContain('"callId":"c"');
    streams.serve(
      response(0) as never,
      () => true,
      async () => true,
    );
    expect(streams.full).toBe(true);
    streams.closeAll();
    expect(streams.full).toBe(false);
  });

  it("do not hold up the end of the server", async () => {
    const another = await openLaboratory();
    await another.app.listen({ host: "127.0.0.1", port: 0 });
    const port = (another.app.server.address() as AddressInfo).port;
    const response = await fetch(`http://127.0.0.1:${port}/api/events`, {
      headers: { authorization: `Bearer ${another.adminToken}` },
    });
    expect(response.status).toBe(200);
    const before = Date.now();
    await another.close();
    expect(Date.now() - before).toBeLessThan(10_000);
  });
});
