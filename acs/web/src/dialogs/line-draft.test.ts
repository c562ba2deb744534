import type { Line } from "@tonalite/acs/api";
import { describe, expect, it } from "vitest";
import { changesOf, draftOf, isWhole, newLine, readProxy } from "./line-draft.ts";

const line: Line = {
  line: 1,
  directoryNumber: "0972101010",
  sipUser: "alice",
  authUser: null,
  domain: "sip.example",
  proxyHost: "proxy.example",
  proxyPort: 5070,
  enabled: true,
  status: "Up",
  statusSince: null,
  callStatus: "Idle",
};

describe("a proxy in a form", () => {
  it.each([
    ["", {}],
    [" sip.example ", { proxyHost: "sip.example" }],
    ["192.0.2.1:5062", { proxyHost: "192.0.2.1", proxyPort: 5062 }],
    ["[2001:db8::1]:5060", { proxyHost: "[2001:db8::1]", proxyPort: 5060 }],
  ])("%j is taken", (text, proxy) => expect(readProxy(text)).toEqual(proxy));

  it.each(["a b", "host:", "host:0", "host:65536", "host:x", "2001:db8::1", "<host>"])("%j is not", (text) =>
    expect(readProxy(text)).toBeUndefined(),
  );
});

describe("the lines of a form", () => {
  it("change nothing when nobody changed them", () => {
    expect(changesOf([line], [draftOf(line)])).toEqual([]);
  });

  it("say what changed, and a password only where one was typed", () => {
    const draft = { ...draftOf(line), proxy: "", enabled: false };
    const [change] = changesOf([line], [draft]);
    expect(change).toMatchObject({ line: 1, enabled: false, proxyHost: null, proxyPort: null });
    expect(change).not.toHaveProperty("sipPassword");
    const secret = "typed here";
    expect(changesOf([line], [{ ...draft, sipPassword: secret }])[0]).toMatchObject({ sipPassword: secret });
  });

  it("remove one and add another", () => {
    const other = {
      ...newLine(2),
      directoryNumber: "0972101011",
      sipUser: "bob",
      sipPassword: "s",
      domain: "d",
    };
    expect(changesOf([line], [other])).toEqual([
      { line: 1, remove: true },
      {
        line: 2,
        enabled: true,
        directoryNumber: "0972101011",
        sipUser: "bob",
        sipPassword: "s",
        domain: "d",
      },
    ]);
  });

  it("need a password only where the ACS has none", () => {
    expect(isWhole(draftOf(line), true)).toBe(true);
    expect(isWhole(draftOf(line), false)).toBe(false);
    expect(isWhole({ ...draftOf(line), domain: " " }, true)).toBe(false);
  });
});
