import { describe, expect, it } from "vitest";
import { readEvents } from "./api/event-reader.ts";
import { readWaves } from "./dialogs/waves.ts";
import { en } from "./language/en.ts";
import { duration } from "./language/format.ts";
import { fr } from "./language/fr.ts";
import { word } from "./language/language.tsx";
import { linkTo, parseRoute, type Route } from "./route.ts";

describe("the event reader", () => {
  it.each([1, 3, 7, 1000])("reads events that arrive in pieces of %i characters", async (size) => {
    const text =
      'retry: 2000\n\n: still here\n\nevent: call\ndata: {"type":"call","deviceId":"a","callId":"1"}\n\nevent: call\ndata: {"type":"call",\ndata: "deviceId":"b","callId":"2"}\n\ndata: {"type"';
    const stream = new ReadableStream<string>({
      start(controller) {
        for (let at = 0; at < text.length; at += size) controller.enqueue(text.slice(at, at + size));
        controller.close();
      },
    });
    const seen = [];
    for await (const event of readEvents(stream)) seen.push(event.deviceId);
    expect(seen).toEqual(["a", "b"]);
  });
});

describe("routes", () => {
  it.each<Route>([
    { page: "devices" },
    { page: "audit" },
    { page: "campaigns" },
    { page: "campaign", id: "0b6f5c0e-0000-4000-8000-000000000000" },
    { page: "device", id: "02544E-virtual%2Data-a/b?#é", tab: "overview" },
    { page: "device", id: "02544E-virtual%2Data-1", tab: "journal" },
  ])("%j is found again by its link", (route) => expect(parseRoute(linkTo(route))).toEqual(route));

  it.each(["", "#", "#/nowhere", "#/devices/"])("%j leads to the devices", (hash) =>
    expect(parseRoute(hash)).toEqual({ page: "devices" }),
  );

  it("survives a broken link", () =>
    expect(parseRoute("#/devices/%E0%A4%A/none")).toEqual({
      page: "device",
      id: "%E0%A4%A",
      tab: "overview",
    }));
});

describe("the waves of a campaign", () => {
  it.each([
    ["1, 10, 100", [1, 10, 100]],
    ["100", [100]],
    [" 5;50 100 ", [5, 50, 100]],
    ["", undefined],
    ["10, 1, 100", undefined],
    ["10", undefined],
    ["0, 100", undefined],
    ["1.5, 100", undefined],
    ["ten, 100", undefined],
    ["1 2 3 4 5 6 7 8 9 10 100", undefined],
  ])("%j are %j", (text, shares) => expect(readWaves(text)).toEqual(shares));
});

describe("the languages", () => {
  it("have words for the same things", () => expect(keysOf(fr)).toEqual(keysOf(en)));

  it("leave what has no words as it came", () => {
    expect(word(fr.calls.causes, "busy")).toBe("Occupé");
    expect(word(fr.calls.causes, "toString")).toBe("toString");
  });
});

it.each([
  [0, "0:00"],
  [61.9, "1:01"],
  [3600, "1:00:00"],
  [90_061, "25:01:01"],
])("%d s is %s", (seconds, text) => expect(duration(seconds)).toBe(text));

function keysOf(messages: object): string[] {
  return Object.entries(messages)
    .flatMap(([key, value]: [string, unknown]) =>
      typeof value === "object" && value !== null ? keysOf(value).map((rest) => `${key}.${rest}`) : [key],
    )
    .sort();
}
