import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { AuditEntry, Command, Page } from "@tonalite/acs/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dial, eventually, hangUp, heardTone, openStage, registered, sleep } from "./stage.ts";
import type { Stage } from "./stage.ts";

const updateCommand = join(import.meta.dirname, "../../agent/src/shell/cli/update.ts");

describe("support staff at work on a box", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ ports: { light: 0 } });
    await registered(stage);
  });
  afterAll(() => stage?.close());

  const order = (body: object): Promise<Command> =>
    stage.acs.api.post(`/api/devices/${encodeURIComponent(stage.deviceId)}/commands`, body);
  const done = (command: Command, seconds = 60): Promise<Command> =>
    eventually(
      `the ${command.kind} command to be done`,
      async () => {
        const now = await stage.acs.api.get<Command>(`/api/commands/${command.id}`);
        if (now.state === "failed") throw new Error(JSON.stringify(now.result));
        return now.state === "done" ? now : undefined;
      },
      seconds,
    );
  const bootAfter = (before: string | null): Promise<true> =>
    eventually(
      "a boot that the ACS saw",
      async () => ((await stage.device()).lastBootAt !== before ? (true as const) : undefined),
      60,
    );

  it("reads values at once: the box is woken by a connection request, not at its next Inform", async () => {
    const answer = await done(await order({ kind: "get", paths: ["Device.DeviceInfo."] }), 20);
    expect(JSON.stringify(answer.result)).toContain("DEMO0001");
  });

  it("sets a value, and is told which one the box refuses and why", async () => {
    const path = "Device.ManagementServer.PeriodicInformInterval";
    await done(await order({ kind: "set", parameters: [{ path, value: "120" }] }));
    const refused = await order({ kind: "set", parameters: [{ path, value: "soon" }] });
    const failed = await eventually("the refusal", async () => {
      const now = await stage.acs.api.get<Command>(`/api/commands/${refused.id}`);
      return now.state === "failed" ? now : undefined;
    });
    expect(JSON.stringify(failed.result)).toMatch(/9007|9006|PeriodicInformInterval/);
  });

  it("hears the box ask for firmware, and gives nothing that nobody offered", async () => {
    const ask = [updateCommand, "--state", stage.ata.stateDir, "--ask"];
    await promisify(execFile)(process.execPath, ask);
    const asked = await eventually("the question", async () => {
      const { items } = await stage.acs.api.get<Page<AuditEntry>>(
        `/api/audit?device=${encodeURIComponent(stage.deviceId)}`,
      );
      return items.find((entry) => entry.action === "ask-for-firmware");
    });
    expect(asked).toMatchObject({ actor: "device", detail: { reason: "nothing is offered to it" } });
  });

  it("is told a value by a lightweight notification, once it asked for it", async () => {
    // Neither an Inform nor a USP subscription tells of this one.
    const path = "Device.Services.VoiceService.1.POTS.FXS.1.Active";
    const value = async (): Promise<string | undefined> => {
      const { items } = await stage.acs.api.get<Page<{ path: string; value: string }>>(
        `/api/devices/${encodeURIComponent(stage.deviceId)}/parameters?search=${encodeURIComponent(path)}`,
      );
      return items.find((one) => one.path === path)?.value;
    };
    expect(await value()).toBe("false");
    await done(await order({ kind: "notify", parameters: [{ path, notification: 5 }] }));
    await stage.ata.phone("lift");
    await expect.poll(value, { timeout: 20_000 }).toBe("true");
    await hangUp(stage);
    await expect.poll(value, { timeout: 20_000 }).toBe("false");
  });

  it("never hands out a secret", async () => {
    const answer = await done(await order({ kind: "get", paths: ["Device."] }));
    const text = JSON.stringify(answer.result);
    expect(text).toContain("Device.Services.VoiceService.1.SIP.Client.1.AuthPassword");
    expect(text).not.toMatch(/AuthPassword[^}]*"value":"[^"]/);
    expect(text).not.toMatch(/ConnectionRequestPassword[^}]*"value":"[^"]/);
  });

  it("reboots the box; the line comes back", async () => {
    const before = (await stage.device()).lastBootAt;
    await order({ kind: "reboot" });
    await bootAfter(before);
    await registered(stage);
  });

  it("does not reboot it under a live call", async () => {
    await dial(stage, "9000");
    await eventually("the far end to answer", async () =>
      (await stage.device()).lines[0]?.callStatus === "Connected" ? true : undefined,
    );
    const before = (await stage.device()).lastBootAt;
    await order({ kind: "reboot" });
    await sleep(6000);
    expect((await stage.device()).lines[0]?.callStatus).toBe("Connected");
    expect((await stage.device()).lastBootAt).toBe(before);
    await hangUp(stage);
    await bootAfter(before);
    await registered(stage);
    expect((await stage.calls())[0]).toMatchObject({ to: "9000", cause: "normal", endedBy: "local" });
  });

  it("resets it to factory settings, after which it provisions itself again", async () => {
    const before = (await stage.device()).lastBootAt;
    await order({ kind: "factory-reset" });
    await bootAfter(before);
    await registered(stage);
    await dial(stage, "9001");
    await heardTone(stage, "busy");
    await hangUp(stage);
  });
});
