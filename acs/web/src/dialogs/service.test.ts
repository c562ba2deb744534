import { describe, expect, it } from "vitest";
import { choiceOf, groundsOf, liftableRule, servicePatch, statesUnder } from "./service.ts";

const rule = (name: string, clause: string, values: Record<string, unknown> = {}) => ({
  rule: name,
  clause,
  summary: "words",
  values,
});
const prepaid = { rules: [rule("suspension", "10.2"), rule("prepaidCredit", "9.2")] };
const deposit = {
  rules: [rule("suspension", "PC 11.2"), rule("refusedNumbers", "PC 11.2", { liftable: true })],
};
const base = "Device.X_TONALITE_Terms.";
const active = { state: "Active", lifted: false };

describe("what is left of a subscriber's service", () => {
  it("can be chosen only as far as the terms go", () => {
    expect(statesUnder(prepaid)).toEqual(["Active", "CreditExhausted", "OutgoingBarred", "Suspended"]);
    expect(statesUnder(deposit)).toEqual(["Active", "OutgoingBarred", "Suspended"]);
    expect(statesUnder(undefined)).toEqual(["Active"]);
    expect(groundsOf("CreditExhausted", prepaid)?.clause).toBe("9.2");
    expect([liftableRule(prepaid), liftableRule(deposit)?.clause]).toEqual([undefined, "PC 11.2"]);
  });

  it("goes to the device with its clause, and is taken back whole", () => {
    const broke = { state: "CreditExhausted", lifted: false };
    const desired = { [`${base}ServiceState`]: "CreditExhausted", [`${base}ServiceStateClause`]: "9.2" };
    expect(servicePatch(active, broke, prepaid)).toEqual(desired);
    expect(choiceOf({ desired })).toEqual(broke);
    expect(servicePatch(broke, active, prepaid)).toEqual({
      [`${base}ServiceState`]: null,
      [`${base}ServiceStateClause`]: null,
    });
    expect(servicePatch(active, { ...active, lifted: true }, deposit)).toEqual({
      [`${base}LimitationsLifted`]: "true",
    });
    expect(servicePatch(active, active, deposit)).toEqual({});
  });
});
