import type { Alarm, Command } from "@tonalite/acs/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { childrenOf } from "../bench/figures.ts";
import { dial, eventually, hangUp, openStage, registered } from "./stage.ts";
import type { Stage } from "./stage.ts";

describe("a box whose native part crashes again and again", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
    await registered(stage);
  });
  afterAll(() => stage?.close());

  const agent = (): number | undefined => childrenOf(stage.ata.child.process.pid ?? 0)[0];
  const status = async () =>
    (await stage.ata.phone("status"))["status"] as { registration: string; sipPort: number | null };
  const at = (what: string): string => `/api/devices/${encodeURIComponent(stage.deviceId)}/${what}`;
  const alarm = async (kind: string): Promise<Alarm | undefined> =>
    (await stage.acs.api.get<{ items: Alarm[] }>(at("alarms"))).items.find((one) => one.kind === kind);
  async function crash(): Promise<void> {
    const dying = agent();
    if (dying === undefined) throw new Error("the board runs no agent");
    process.kill(dying, "SIGSEGV");
    await eventually("another agent", async () =>
      agent() !== undefined && agent() !== dying && (await status()) ? true : undefined,
    );
  }
  const answered = async (order: object): Promise<Command> => {
    const { id } = await stage.acs.api.post<Command>(at("commands"), order);
    return eventually(
      "the command's end",
      async () => {
        const now = await stage.acs.api.get<Command>(`/api/commands/${id}`);
        return now.state === "done" ? now : undefined;
      },
      60,
    );
  };

  it("has its telephone back after the first crash and the second", async () => {
    for (const _ of [1, 2]) {
      await crash();
      await eventually("the line", async () => ((await status()).registration === "Up" ? true : undefined));
    }
    await dial(stage, "9001");
    await hangUp(stage);
    expect((await alarm("crashed"))?.text).toContain("SIGSEGV");
  });

  it("stays manageable without voice after the third, and says why", async () => {
    await crash();
    expect(await status()).toMatchObject({ registration: "Quiescent", sipPort: null });
    await expect(stage.ata.phone("lift")).rejects.toThrow(/dead/);
    const told = await eventually("the alarm", () => alarm("safe-mode"), 60);
    expect(told).toMatchObject({ severity: "Critical", object: "Device.Services.VoiceService.1" });
    expect(told.text).toMatch(/3 crashes.*SIGSEGV/);
    const read = await answered({
      kind: "get",
      paths: ["Device.X_TONALITE_Voice.", "Device.Services.VoiceService.1.POTS.FXS.1.Status"],
    });
    const { parameters } = read.result as { parameters: { path: string; value: string }[] };
    const value = (path: string) => parameters.find((one) => one.path === path)?.value;
    expect(value("Device.X_TONALITE_Voice.State")).toBe("SafeMode");
    expect(value("Device.Services.VoiceService.1.POTS.FXS.1.Status")).toBe("Error");
    // One more crash changes nothing: it is the box's start that ends it.
    await crash();
    expect((await status()).sipPort).toBeNull();
  });

  it("tries voice again when the ACS says so, and the alarm goes", async () => {
    await answered({
      kind: "set",
      parameters: [{ path: "Device.X_TONALITE_Voice.Resume", value: "true", type: "boolean" }],
    });
    await eventually("the line", async () => ((await status()).registration === "Up" ? true : undefined), 60);
    await eventually(
      "the alarm's end",
      async () => (await alarm("safe-mode")) === undefined || undefined,
      60,
    );
    await dial(stage, "9001");
    await hangUp(stage);
  });
});
