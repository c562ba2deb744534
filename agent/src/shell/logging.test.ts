import { describe, expect, it } from "vitest";
import { createLog } from "./logging.ts";
import type { Log } from "./logging.ts";

function recorded(level: Parameters<typeof createLog>[0] = "debug"): { log: Log; lines: () => unknown[] } {
  const written: string[] = [];
  return {
    log: createLog(level, { write: (line) => void written.push(line) }),
    lines: () => written.map((line) => JSON.parse(line) as unknown),
  };
}

describe("the log", () => {
  it("is one object a line: level, time, fields, message", () => {
    const written: string[] = [];
    createLog("info", { write: (line) => void written.push(line) }).info({ line: 1 }, "two\nlines");
    expect(written).toHaveLength(1);
    expect(written[0]?.endsWith("}\n")).toBe(true);
    expect(written[0]?.trimEnd()).not.toContain("\n");
    const time: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(JSON.parse(written[0] ?? "")).toEqual({ level: "info", time, line: 1, msg: "two\nlines" });
  });

  it("leaves out what is below its level", () => {
    const { log, lines } = recorded("warn");
    for (const level of ["debug", "info", "warn", "error"] as const) log[level]({}, level);
    expect(lines()).toMatchObject([{ msg: "warn" }, { msg: "error" }]);
  });

  it("never writes a secret, a few levels deep", () => {
    const { log, lines } = recorded();
    log.info(
      { password: "p1", account: { sip: { auth: { authPassword: "p2" } } }, all: [{ ha1: "p3" }] },
      "m",
    );
    expect(JSON.stringify(lines())).not.toMatch(/p[123]/);
    expect(lines()).toMatchObject([{ account: { sip: { auth: { authPassword: "[redacted]" } } } }]);
  });

  it("tells an error with its reason, its code and its cause", () => {
    const { log, lines } = recorded();
    const cause = Object.assign(new Error("no route"), { code: "EHOSTUNREACH" });
    log.error({ error: new Error("not fetched", { cause }) }, "m");
    expect(lines()).toMatchObject([
      { error: { message: "not fetched", cause: { message: "no route", code: "EHOSTUNREACH" } } },
    ]);
  });

  it("writes what refers to itself", () => {
    const { log, lines } = recorded();
    const ring: { self?: object } = {};
    ring.self = ring;
    log.warn({ ring }, "a ring");
    expect(lines()).toMatchObject([{ level: "warn", msg: "a ring" }]);
  });
});
