import { describe, expect, it } from "vitest";
import { SessionTable } from "./session-table.ts";

const session = (token: string, deviceId = token) => ({ token, deviceId, closed: false });

describe("the session table", () => {
  it("holds one session a device: the newest", () => {
    const table = new SessionTable();
    const old = session("t1", "box");
    table.add(old);
    table.add(session("t2", "box"));
    expect(old.closed).toBe(true);
    expect(table.find("t1")).toBeUndefined();
    expect(table.find("t2")).toBeDefined();
    table.remove(old); // late clean-up of the old one leaves the new one alone
    expect(table.find("t2")).toBeDefined();
  });

  it("ends sessions that are idle, but not those in use", () => {
    let now = 0;
    const table = new SessionTable({ idleMs: 100, now: () => now });
    table.add(session("a"));
    table.add(session("b"));
    now = 80;
    expect(table.find("a")).toBeDefined();
    now = 150;
    table.expire();
    expect(table.find("b")).toBeUndefined();
    expect(table.find("a")).toBeDefined();
    now = 300;
    expect(table.find("a")).toBeUndefined();
    expect(table.size).toBe(0);
  });

  it("makes room by ending the one idle longest", () => {
    const table = new SessionTable({ capacity: 2 });
    for (const token of ["a", "b"]) table.add(session(token));
    table.find("a");
    table.add(session("c"));
    expect(table.size).toBe(2);
    expect(table.find("b")).toBeUndefined();
    expect(table.find("a")).toBeDefined();
  });
});
