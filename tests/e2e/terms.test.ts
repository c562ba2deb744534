import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AuditEntry, Page } from "@tonalite/acs/api";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { dial, eventually, hangUp, heardTone, nextCall, openStage, registered } from "./stage.ts";
import type { Stage } from "./stage.ts";

const shipped = join(import.meta.dirname, "../../agent/dist/image");

/* The terms are data: the same box with IPPI's rules, but seconds instead of an hour. */
describe("a box that enforces its provider's terms", () => {
  let stage: Stage;
  let image: string;
  let known = 0;
  beforeAll(async () => {
    image = mkdtempSync(join(tmpdir(), "tonalite-image-"));
    cpSync(shipped, image, { recursive: true });
    const file = join(image, "device-profiles/providers/ippi.json");
    const provider = JSON.parse(readFileSync(file, "utf8")) as {
      rules: {
        callDuration: { seconds: number; warningSeconds: number; raisableTo: number };
        prepaidCredit: { categories: string[] };
      };
    };
    Object.assign(provider.rules.callDuration, { seconds: 14, warningSeconds: 8, raisableTo: 28 });
    // The laboratory's far ends are numbers of the provider's own network, which cost nothing.
    provider.rules.prepaidCredit.categories.push("internal");
    writeFileSync(file, JSON.stringify(provider));
    stage = await openStage({ image });
    await registered(stage);
  });
  afterAll(async () => {
    await stage?.close();
    if (image) rmSync(image, { recursive: true, force: true });
  });
  afterEach(async () => {
    await hangUp(stage);
    known = (await stage.calls()).length;
  });

  const patch = (change: object): Promise<unknown> =>
    stage.acs.api.patch(`/api/devices/${encodeURIComponent(stage.deviceId)}`, change);
  const parameter = async (path: string): Promise<string | undefined> => {
    const page = await stage.acs.api.get<Page<{ path: string; value: string }>>(
      `/api/devices/${encodeURIComponent(stage.deviceId)}/parameters?search=${encodeURIComponent(path)}`,
    );
    return page.items.find((one) => one.path === path)?.value;
  };

  it("warns before the longest call ends, ends it, and says by which clause", async () => {
    await dial(stage, "9000");
    await heardTone(stage, "call-limit-warning");
    const call = await nextCall(stage, known);
    expect(call).toMatchObject({ to: "9000", cause: "limit", endedBy: "device" });
    expect(call.durationSeconds).toBeGreaterThan(13);
    expect(call.durationSeconds).toBeLessThan(16);
    expect(call.terms).toContainEqual(
      expect.objectContaining({ provider: "ippi", rule: "callDuration", clause: "9.6" }),
    );
  });

  it.each(["15", "17", "18", "112", "3949", "118218", "0088162345678"])(
    "refuses %s with the refusal tone, by clause 5.5, and does not send it anywhere",
    async (number) => {
      await dial(stage, `${number}#`);
      await heardTone(stage, "refused");
      await hangUp(stage);
      const call = await nextCall(stage, known);
      expect(call).toMatchObject({ to: number, cause: "refused-by-terms", sipCode: null, codec: null });
      expect(call.terms).toContainEqual(expect.objectContaining({ clause: "5.5", effect: "refused" }));
    },
  );

  it("bars outgoing calls on the provider's command, and lifts the bar again", async () => {
    const state = "Device.X_TONALITE_Terms.ServiceState";
    await patch({ desired: { [state]: "OutgoingBarred" } });
    await eventually("the bar on the box", async () =>
      (await parameter(state)) === "OutgoingBarred" ? true : undefined,
    );
    await stage.ata.phone("lift");
    await eventually("no ordinary dial tone", async () => {
      const { tone } = await stage.heard();
      return tone !== null && tone.name !== "dial" ? true : undefined;
    });
    await stage.ata.phone("dial", { keys: "9000" });
    await heardTone(stage, "refused");
    await hangUp(stage);
    expect(await nextCall(stage, known)).toMatchObject({ to: "9000", cause: "refused-by-terms" });
    await patch({ desired: { [state]: null } });
    await eventually("the bar lifted", async () =>
      (await parameter(state)) === "Active" ? true : undefined,
    );
    await dial(stage, "9001");
    await heardTone(stage, "busy");
  });

  it("ends a paid call when the credit is used up (9.2), with a warning, and refuses the next", async () => {
    const state = "Device.X_TONALITE_Terms.ServiceState";
    const longest = "Device.X_TONALITE_Terms.MaximumCallDuration";
    await patch({ desired: { [longest]: "28" } });
    await eventually("the longer call allowed", async () =>
      (await parameter(longest)) === "28" ? true : undefined,
    );
    await dial(stage, "9000");
    await eventually("the far end", async () =>
      (await stage.heard()).audio.activeMs > 0 ? true : undefined,
    );
    await patch({ desired: { [longest]: "28", [state]: "CreditExhausted" } });
    await heardTone(stage, "call-limit-warning");
    const term = { provider: "ippi", rule: "prepaidCredit", clause: "9.2", effect: "credit-exhausted" };
    const call = await nextCall(stage, known);
    expect(call).toMatchObject({ to: "9000", cause: "limit", endedBy: "device" });
    expect(call.terms).toContainEqual(expect.objectContaining(term));
    expect(call.durationSeconds).toBeLessThan(27);
    await hangUp(stage);
    await stage.ata.phone("lift");
    await stage.ata.phone("dial", { keys: "9000" });
    await heardTone(stage, "refused");
    expect((await nextCall(stage, known + 1)).terms).toContainEqual(expect.objectContaining(term));
    await patch({ desired: { [longest]: null, [state]: null } });
    await eventually("the credit back", async () =>
      (await parameter(state)) === "Active" ? true : undefined,
    );
  });

  it("does not register with a registrar outside the provider's network (1.h)", async () => {
    await patch({ lines: [{ line: 1, domain: "sip.elsewhere.example" }] });
    await eventually("the refusal of the registrar", async () =>
      (await stage.device()).lines[0]?.status === "Error_Misconfigured" ? true : undefined,
    );
    await patch({ lines: [{ line: 1, domain: stage.registrar.domain }] });
    await registered(stage);
  });

  it("leaves an audit entry for every change, citing the clause of remote maintenance", async () => {
    const audit = await stage.acs.api.get<Page<AuditEntry>>(
      `/api/audit?device=${encodeURIComponent(stage.deviceId)}`,
    );
    expect(audit.items.filter((entry) => entry.clause?.includes("7.3")).length).toBeGreaterThanOrEqual(2);
    expect(await stage.acs.api.get("/api/audit/verification")).toMatchObject({ ok: true });
  });
});
