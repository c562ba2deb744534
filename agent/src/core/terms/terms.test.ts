import { loadProfiles } from "@tonalite/device-profiles/load";
import { describe, expect, it } from "vitest";
import {
  dialProgress,
  evaluateCall,
  evaluateCredit,
  evaluateIncoming,
  evaluateRegistrar,
  hostMatches,
  numberRanges,
} from "./index.ts";
import type { Terms } from "./index.ts";

const profiles = loadProfiles();
const ippi: Terms = {
  provider: profiles.providers.get("ippi")!,
  region: profiles.regions.get("fr")!,
  laboratory: null,
  serviceState: "Active",
  serviceStateClause: "",
  maximumCallDuration: 0,
  limitationsLifted: false,
};
const laboratory = profiles.hardware.get("virtual/sim")!.laboratory!;

describe("IPPI's terms in France", () => {
  it.each([
    ["15", "emergency"],
    ["17", "emergency"],
    ["18", "emergency"],
    ["112", "emergency"],
    ["119", "emergency"],
    ["116000", "emergency"],
    ["3103", "special"],
    ["3631", "special"],
    ["118218", "special"],
    ["1013", "special"],
    ["00881612345678", "satellite"],
    ["00870773123456", "satellite"],
  ])("refuse %s (%s) by clause 5.5, with a tone of its own", (number, category) => {
    expect(evaluateCall(number, ippi)).toEqual({
      verdict: "refused",
      number: expect.objectContaining({ number, category }),
      tone: "refused",
      terms: [{ provider: "ippi", rule: "refusedNumbers", clause: "5.5", effect: "refused" }],
    });
  });

  it.each([
    ["0145678901", "landline"],
    ["0612345678", "mobile"],
    ["0033612345678", "mobile"],
    ["0041223456789", "international"],
    ["008835100012345", "internal"],
  ])("let %s (%s) through, for an hour", (number, category) => {
    expect(evaluateCall(number, ippi)).toMatchObject({
      verdict: "allowed",
      number: { category },
      limit: { seconds: 3600, warningSeconds: 60 },
      terms: [{ provider: "ippi", rule: "callDuration", clause: "9.6", effect: "limit:3600" }],
    });
  });

  it.each([
    [7200, 7200, 60],
    [100_000, 7200, 60],
    [1800, 1800, 60],
    [10, 10, 5],
  ])("chosen %d s: end after %d s, warn %d s before", (maximumCallDuration, seconds, warningSeconds) => {
    const verdict = evaluateCall("0145678901", { ...ippi, maximumCallDuration });
    expect(verdict).toMatchObject({ verdict: "allowed", limit: { seconds, warningSeconds } });
  });

  it("bar outgoing calls on command, citing the clause that came with it", () => {
    const barred: Terms = { ...ippi, serviceState: "OutgoingBarred", serviceStateClause: "9.2" };
    expect(evaluateCall("0145678901", barred)).toMatchObject({
      verdict: "refused",
      tone: "refused",
      terms: [{ rule: "suspension", clause: "9.2", effect: "outgoing-barred" }],
    });
    expect(evaluateIncoming(barred)).toBeNull();
  });

  it.each([
    ["0145678901", "9.2"],
    ["0612345678", "9.2"],
    ["0041223456789", "9.2"],
    ["0800123456", null],
    ["008835100012345", null],
    ["112", null],
  ])("at the end of the credit: %s ends by clause %s", (number, clause) => {
    const broke: Terms = { ...ippi, serviceState: "CreditExhausted" };
    const term = { provider: "ippi", rule: "prepaidCredit", clause: "9.2", effect: "credit-exhausted" };
    expect(evaluateCredit(number, broke)).toEqual(clause === null ? null : { warningSeconds: 5, term });
    if (clause === null) expect(evaluateCall(number, broke).terms).not.toContainEqual(term);
    else expect(evaluateCall(number, broke)).toMatchObject({ verdict: "refused", terms: [term] });
    expect(evaluateCredit(number, ippi)).toBeNull();
  });

  it("take calls without credit", () => {
    expect(evaluateIncoming({ ...ippi, serviceState: "CreditExhausted" })).toBeNull();
  });

  it("suspend the line on command, by the rule's own clause when none came", () => {
    const suspended: Terms = { ...ippi, serviceState: "Suspended" };
    expect(evaluateCall("0145678901", suspended)).toMatchObject({ terms: [{ clause: "10.2" }] });
    expect(evaluateIncoming(suspended)).toMatchObject({ clause: "10.2", effect: "suspended" });
  });

  it.each([
    ["sip.ippi.com", true],
    ["IPPI.fr", true],
    ["ippi.fr.evil.example", false],
    ["evilippi.fr", false],
    ["127.0.0.1", false],
    ["", false],
  ])("registrar %s allowed: %s (1.h)", (host, allowed) => {
    expect(evaluateRegistrar(host, ippi)?.clause).toBe(allowed ? undefined : "1.h");
  });

  it("let a laboratory board use its own registrar and numbers", () => {
    const lab = { ...ippi, laboratory };
    expect(evaluateRegistrar("127.0.0.1", lab)).toBeNull();
    expect(evaluateCall("9000", lab)).toMatchObject({ verdict: "allowed", number: { category: "internal" } });
    expect(evaluateCall("112", lab)).toMatchObject({ verdict: "refused" });
  });
});

describe("the other providers' terms", () => {
  const under = (provider: string, region: string, change: Partial<Terms> = {}): Terms => ({
    ...ippi,
    provider: profiles.providers.get(provider)!,
    region: profiles.regions.get(region)!,
    ...change,
  });

  it.each([
    ["voxbi", "lu", "112", null],
    ["voxbi", "fr", "112", "13.6"],
    ["voxbi", "be", "112", "13.6"],
    ["voxbi", "fr", "0145678901", null],
    ["onoff", "fr", "112", "8"],
    ["onoff", "fr", "3631", "8"],
    ["onoff", "fr", "0041223456789", "8"],
    ["onoff", "fr", "00881612345678", "8"],
    ["onoff", "fr", "0612345678", null],
    ["interfone", "be", "112", null],
    ["interfone", "be", "090012345", "PC 11.2"],
    ["interfone", "be", "00881612345678", "PC 11.2"],
    ["interfone", "be", "022345678", null],
    ["callr", "fr", "112", null],
  ])("%s in %s: %s is refused by %s", (provider, region, number, clause) => {
    const verdict = evaluateCall(number, under(provider, region));
    expect(verdict.verdict).toBe(clause === null ? "allowed" : "refused");
    expect(verdict.terms).toEqual(
      clause === null ? [] : [{ provider, rule: "refusedNumbers", clause, effect: "refused" }],
    );
  });

  it("let Interfone lift its limits for a customer (PC 11.2), and nobody else's terms", () => {
    const limitationsLifted = true;
    expect(evaluateCall("090012345", under("interfone", "be", { limitationsLifted })).verdict).toBe(
      "allowed",
    );
    expect(evaluateCall("112", under("onoff", "fr", { limitationsLifted })).verdict).toBe("refused");
  });

  it("know no credit, and let calls go on at its end", () => {
    const terms = under("interfone", "be", { serviceState: "CreditExhausted" });
    expect(evaluateCall("022345678", terms)).toMatchObject({ verdict: "allowed", terms: [] });
  });

  it.each(["OutgoingBarred", "Suspended"] as const)("let %s lines call for help", (serviceState) => {
    const terms = under("interfone", "be", { serviceState });
    expect(evaluateCall("112", terms)).toMatchObject({
      verdict: "allowed",
      number: { category: "emergency" },
    });
    expect(evaluateCall("022345678", terms)).toMatchObject({
      verdict: "refused",
      terms: [{ rule: "suspension", clause: "PC 11.2" }],
    });
  });
});

describe("no provider", () => {
  it("restricts nothing", () => {
    const verdict = evaluateCall("112", { ...ippi, provider: null });
    expect(verdict).toMatchObject({ verdict: "allowed", limit: null, terms: [] });
    expect(evaluateRegistrar("anywhere.example", { provider: null, laboratory: null })).toBeNull();
  });
});

describe("dialling in France", () => {
  const ranges = numberRanges({ ...ippi, laboratory });
  it.each([
    ["0", "incomplete"],
    ["01", "incomplete"],
    ["014567890", "incomplete"],
    ["0145678901", "complete"],
    ["01456789012", "impossible"],
    ["15", "complete"],
    ["1", "incomplete"],
    ["11", "incomplete"],
    ["112", "complete"],
    ["116", "incomplete"],
    ["116000", "complete"],
    ["3631", "complete"],
    ["9000", "complete"],
    ["004122", "incomplete"],
    ["0041223456", "sufficient"],
    ["13", "impossible"],
    ["*", "impossible"],
    ["0612345678", "complete"],
  ])("%s is %s", (digits, progress) => {
    expect(dialProgress(digits, ranges)).toEqual({ progress });
  });
});

describe("hostMatches", () => {
  it.each([
    ["a.test", "*.test", true],
    ["test", "*.test", false],
    [".test", "*.test", false],
    ["a.test.", "*.test", true],
  ])("%s against %s: %s", (host, pattern, expected) => expect(hostMatches(host, pattern)).toBe(expected));
});
