import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLaboratory, type Laboratory } from "../api/laboratory.ts";
import { AuditVerification } from "../api/schemas.ts";
import { appendAudit, verifyAudit } from "./audit.ts";
import { canonicalJson } from "./canonical.ts";

let lab: Laboratory;
beforeAll(async () => {
  lab = await openLaboratory();
});
afterAll(() => lab.close());

describe("the audit log", () => {
  it("is one chain, whoever appends at once", async () => {
    const { db } = lab.services;
    await Promise.all(
      Array.from({ length: 30 }, (_, number) =>
        db.transaction().execute((transaction) =>
          appendAudit(transaction, {
            actor: "Zoé",
            action: "test",
            detail: { z: 1.5, a: { y: [null, true, "é"], x: number } },
          }),
        ),
      ),
    );
    expect(await verifyAudit(db)).toEqual({ ok: true, entries: 30, brokenAt: null, reason: null });
    expect(AuditVerification.parse((await lab.call("GET", "/api/audit/verification")).body).ok).toBe(true);
  });

  it.each([
    ["a changed detail", sql`update audit_log set detail = '{"x":0}' where id = 11`, 11],
    ["a changed actor", sql`update audit_log set actor = 'nobody' where id = 11`, 11],
    ["a moved time", sql`update audit_log set at = at - interval '1 hour' where id = 11`, 11],
    ["a removed entry", sql`delete from audit_log where id = 11`, 12],
    [
      "a changed entry with a fitting hash",
      sql`update audit_log set hash = repeat('0', 64) where id = 11`,
      11,
    ],
  ])("shows %s", async (_case, tamper, brokenAt) => {
    const undo = new Error("undo");
    const tampered = lab.services.db.transaction().execute(async (transaction) => {
      await tamper.execute(transaction);
      expect(await verifyAudit(transaction)).toMatchObject({ ok: false, brokenAt });
      throw undo;
    });
    await expect(tampered).rejects.toBe(undo);
    expect((await verifyAudit(lab.services.db)).ok).toBe(true);
  });
});

describe("canonical JSON", () => {
  it.each([
    [{ b: 1, a: [2, { d: null, c: "é" }] }, '{"a":[2,{"c":"é","d":null}],"b":1}'],
    [{ a: undefined, b: "x" }, '{"b":"x"}'],
    ["\n", '"\\n"'],
  ])("%j", (value, text) => expect(canonicalJson(value)).toBe(text));
});
