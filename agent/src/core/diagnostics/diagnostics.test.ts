import { describe, expect, it } from "vitest";
import {
  commandTest,
  type Desk,
  type DeskEvent,
  emptyDesk,
  isHeavy,
  outputArguments,
  pingOutcome,
  preciseTime,
  routeOutcome,
  stepDesk,
  type TestOrder,
  transferOutcome,
} from "./index.ts";

const order = (id: number, test: TestOrder["test"], by: TestOrder["by"] = "other", size = 56): TestOrder => ({
  id,
  test,
  by,
  heavy: isHeavy(test, size),
});
const request = (...order_: Parameters<typeof order>): DeskEvent => ({
  event: "requested",
  order: order(...order_),
});
/** All effects of a story, in words. */
function play(...events: DeskEvent[]): { desk: Desk; effects: string[] } {
  let desk = emptyDesk;
  const effects: string[] = [];
  for (const event of events) {
    const step = stepDesk(desk, event);
    desk = step.desk;
    for (const effect of step.effects)
      effects.push(
        `${effect.do} ${effect.order.id}${effect.do === "conclude" ? ` ${effect.outcome.state}` : ""}`,
      );
  }
  return { desk, effects };
}
const ended = (id: number, state = "Complete"): DeskEvent => ({ event: "ended", id, outcome: { state } });

describe("the desk of tests", () => {
  it("runs one at a time, in the order of asking", () => {
    const { effects, desk } = play(request(1, "ping"), request(2, "trace-route"), ended(1), ended(2));
    expect(effects).toEqual(["start 1", "conclude 1 Complete", "start 2", "conclude 2 Complete"]);
    expect(desk).toEqual(emptyDesk);
  });

  it("starts what a CWMP session asked for after that session, and others meanwhile", () => {
    const { effects } = play(
      { event: "session", open: true },
      request(1, "ping", "cwmp"),
      request(2, "name-lookup", "usp-command"),
      ended(2),
      { event: "session", open: false },
    );
    expect(effects).toEqual(["start 2", "conclude 2 Complete", "start 1"]);
  });

  it("starts a test that is asked for again anew, and forgets one that is withdrawn", () => {
    expect(play(request(1, "ping"), request(2, "ping")).effects).toEqual(["start 1", "abort 1", "start 2"]);
    const { desk, effects } = play(
      request(1, "ping"),
      request(2, "trace-route"),
      { event: "withdrawn", test: "ping" },
      ended(1),
      { event: "withdrawn", test: "trace-route" },
    );
    expect(effects).toEqual(["start 1", "abort 1", "start 2", "abort 2"]);
    expect(desk).toEqual(emptyDesk);
  });

  it("leaves commands alone when the parameters of their test change", () => {
    const { effects } = play(
      request(1, "ping", "usp-command"),
      { event: "withdrawn", test: "ping" },
      request(2, "ping"),
      ended(1),
    );
    expect(effects).toEqual(["start 1", "conclude 1 Complete", "start 2"]);
  });

  it("never fills the line beside a call", () => {
    const up: DeskEvent = { event: "call", up: true };
    expect(play(up, request(1, "download")).effects).toEqual(["conclude 1 Error_Other"]);
    expect(play(up, request(1, "ping")).effects).toEqual(["start 1"]);
    expect(play(up, request(1, "ping", "other", 20_000)).effects).toEqual(["conclude 1 Error_Other"]);
    expect(play(request(1, "upload"), request(2, "download"), request(3, "ping"), up).effects).toEqual([
      "start 1",
      "abort 1",
      "conclude 1 Error_Other",
      "conclude 2 Error_Other",
      "start 3",
    ]);
    expect(play(up, { event: "call", up: false }, request(1, "upload")).effects).toEqual(["start 1"]);
  });

  it("refuses commands that come faster than they end", () => {
    const many = Array.from({ length: 12 }, (_, id) => request(id, "ping", "usp-command"));
    expect(play(...many).effects).toEqual([
      "start 0",
      "conclude 9 Error_Other",
      "conclude 10 Error_Other",
      "conclude 11 Error_Other",
    ]);
  });
});

describe("the result of a ping", () => {
  it("has times in milliseconds and microseconds", () => {
    const lines = [
      { answer: 1, us: 1400 },
      { lost: 2, why: "timeout" as const },
      { answer: 3, us: 2600 },
    ];
    expect(pingOutcome("192.0.2.1", lines)).toEqual({
      state: "Complete",
      values: {
        IPAddressUsed: "192.0.2.1",
        SuccessCount: "2",
        FailureCount: "1",
        AverageResponseTime: "2",
        MinimumResponseTime: "1",
        MaximumResponseTime: "3",
        AverageResponseTimeDetailed: "2000",
        MinimumResponseTimeDetailed: "1400",
        MaximumResponseTimeDetailed: "2600",
      },
    });
  });

  it.each([
    ["nobody answers", [{ lost: 1, why: "timeout" as const }], "Complete"],
    ["no router knows a way", [{ lost: 1, why: "unreachable" as const }], "Error_NoRouteToHost"],
    ["there is no route here", [{ failed: "no-route" as const, what: "x" }], "Error_NoRouteToHost"],
    ["the box may not", [{ failed: "internal" as const, what: "x" }], "Error_Internal"],
  ])("when %s is %s", (_what, lines, state) => {
    expect(pingOutcome("192.0.2.1", lines).state).toBe(state);
  });
});

describe("the result of a route", () => {
  const hop = (number: number, from: string, us: number, rest = {}) => ({
    hop: number,
    from,
    us,
    type: 0,
    code: 0,
    reached: false,
    ...rest,
  });

  it("has a row a hop, silent ones too, and goes out as output arguments", () => {
    const lines = [
      hop(1, "192.0.2.1", 900),
      hop(1, "192.0.2.1", 1100),
      { hop: 2, silent: true as const },
      hop(3, "198.51.100.9", 20_400, { reached: true }),
    ];
    const outcome = routeOutcome("198.51.100.9", lines, new Map([["192.0.2.1", "gateway.home"]]));
    expect(outcome).toMatchObject({ state: "Complete", values: { ResponseTime: "20" } });
    expect(outcome.tables?.["RouteHops"]).toEqual([
      { Host: "gateway.home", HostAddress: "192.0.2.1", ErrorCode: "0", RTTimes: "1,1" },
      { Host: "", HostAddress: "", ErrorCode: "0", RTTimes: "" },
      { Host: "198.51.100.9", HostAddress: "198.51.100.9", ErrorCode: "0", RTTimes: "20" },
    ]);
    expect(outputArguments(outcome)).toMatchObject({
      Status: "Complete",
      "RouteHops.1.Host": "gateway.home",
    });
  });

  it("says where it ended", () => {
    const silent = { hop: 1, silent: true as const };
    expect(routeOutcome("a", [silent], new Map()).state).toBe("Error_MaxHopCountExceeded");
    const refused = routeOutcome("a", [hop(1, "192.0.2.1", 1, { type: 3, code: 13 })], new Map());
    expect(refused).toMatchObject({
      state: "Error_NoRouteToHost",
      tables: { RouteHops: [{ ErrorCode: "781" }] },
    });
  });
});

describe("the result of a transfer", () => {
  const at = Date.UTC(2026, 10, 22);
  const connection = (shift: number) => ({
    opening: at + shift,
    opened: at + shift + 10,
    rom: at + shift + 11,
    bom: at + shift + 20,
    eom: at + shift + 1000,
    testBytes: 1000,
    received: 1200,
    sent: 90,
  });

  it("has the times of the first and last byte, and what was at work together", () => {
    const outcome = transferOutcome("Complete", {
      direction: "download",
      address: "192.0.2.1",
      connections: [connection(0), connection(100.25)],
      total: { received: 2500, sent: 300 },
      full: {
        from: { at: at + 120.25, test: 100, received: 110, sent: 2 },
        to: { at: at + 1000, test: 1900, received: 2110, sent: 52 },
      },
      samples: [
        { at, test: 0, received: 0, sent: 0 },
        { at: at + 500, test: 900, received: 950, sent: 20 },
      ],
      perConnection: true,
    });
    expect(outcome.values).toMatchObject({
      ROMTime: "2026-11-22T00:00:00.011000Z",
      EOMTime: "2026-11-22T00:00:01.100250Z",
      TestBytesReceived: "2000",
      TotalBytesReceived: "2500",
      TestBytesReceivedUnderFullLoading: "1800",
      PeriodOfFullLoading: "879750",
    });
    expect(outcome.tables?.["PerConnectionResult"]).toHaveLength(2);
    expect(outcome.tables?.["IncrementalResult"]).toEqual([
      {
        TestBytesReceived: "900",
        TotalBytesReceived: "950",
        TotalBytesSent: "20",
        StartTime: "2026-11-22T00:00:00.000000Z",
        EndTime: "2026-11-22T00:00:00.500000Z",
      },
    ]);
  });

  it("tells a time to the microsecond", () => {
    expect(preciseTime(at + 0.9996)).toBe("2026-11-22T00:00:00.000000Z".replace("000000Z", "001000Z"));
    expect(preciseTime(at + 1.5)).toBe("2026-11-22T00:00:00.001500Z");
  });
});

describe("a command", () => {
  it.each([
    ["Device.IP.Diagnostics.IPPing()", "ping"],
    ["Device.DNS.Diagnostics.NSLookupDiagnostics()", "name-lookup"],
    ["Device.IP.Diagnostics.IPPing", undefined],
    ["Device.Reboot()", undefined],
  ])("%s is %s", (command, test) => {
    expect(commandTest(command)).toBe(test);
  });
});
