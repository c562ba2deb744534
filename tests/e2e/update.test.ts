import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FirmwareImage, Page, Update } from "@tonalite/acs/api";
import { AcsApiError } from "@tonalite/scripts/demo";
import { createKeyPair } from "@tonalite/scripts/firmware";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, hangUp, registered, sleep } from "./stage.ts";
import type { Stage } from "./stage.ts";
import { openUpdateStage, shipped } from "./update-stage.ts";
import type { UpdateStage } from "./update-stage.ts";

describe("a firmware update the provider forces", () => {
  let at: UpdateStage;
  let stage: Stage;
  let stranger: string;

  beforeAll(async () => {
    at = await openUpdateStage({ "Device.X_TONALITE_Update.QuietTime": "5" }, { releases: true });
    ({ stage } = at);
    stranger = createKeyPair(join(at.work, "stranger")).privateKeyFile;
  });
  afterAll(() => at?.close());

  /** Lists an image in the publisher's release metadata, then uploads it. */
  const release = async (bytes: Uint8Array): Promise<FirmwareImage> => {
    const file = join(at.work, "next.img");
    writeFileSync(file, bytes);
    await stage.release(file);
    return await at.upload(bytes);
  };
  /** Rolled back, and closed by the TransferComplete that carries the fault. */
  const rolledBack = async (id: string): Promise<Update> => {
    await at.reaches(id, ["rolled-back"], 240);
    return eventually("the fault of the roll-back", async () => {
      const now = await at.update(id);
      return now.fault === null ? undefined : now;
    });
  };
  /** A copy of the shipped image with one of its files changed. */
  const variant = (name: string, file: string, change: (text: string) => string): string => {
    const folder = join(at.work, name);
    cpSync(shipped, folder, { recursive: true });
    writeFileSync(join(folder, file), change(readFileSync(join(folder, file), "utf8")));
    return folder;
  };

  it("waits for a live call, whose audio has no gap, then installs, restarts, registers and reports", async () => {
    await at.callUp();
    // The same call without an update is the measure: what this machine's scheduling does to any audio.
    await stage.ata.phone("forget");
    await sleep(6000);
    const before = (await stage.heard()).audio;
    const asked = await at.force((await release(at.image("9.1.0"))).id);
    expect(asked).toMatchObject({ forced: true, clause: "7.3", provider: "ippi" });
    const waiting = await at.reaches(asked.id, ["waiting"]);
    expect(waiting.waitsFor ?? waiting.reason).toMatch(/call|off.hook|line/i);
    await stage.ata.phone("forget");
    await sleep(6000);
    const during = (await stage.heard()).audio;
    expect(during.activeMs).toBeGreaterThan(5000);
    expect(during.longestGapMs).toBeLessThanOrEqual(Math.max(40, before.longestGapMs));
    expect((await at.update(asked.id)).state).toBe("waiting");
    await hangUp(stage);

    const done = await at.reaches(asked.id, ["committed"]);
    expect(done).toMatchObject({ version: "9.1.0", fault: null });
    await registered(stage);
    expect((await stage.device()).softwareVersion).toBe("9.1.0");
    await eventually("both slots as they are now", async () => {
      const { slots } = (await stage.device()).firmware;
      const active = slots.find((slot) => slot.active);
      return active?.version === "9.1.0" && active.status === "Active" ? true : undefined;
    });
    // Nothing but the version changed: what travelled is the header and little more.
    const told = await eventually("what travelled", async () => {
      const { items } = await stage.acs.api.get<Page<{ path: string; value: string }>>(
        `/api/devices/${encodeURIComponent(stage.deviceId)}/parameters?search=X_TONALITE_Update.`,
      );
      const value = (name: string) => items.find(({ path }) => path.endsWith(`.${name}`))?.value;
      const [reused, fetched] = [Number(value("BytesReused")), Number(value("BytesFetched"))];
      return fetched > 0 ? { reused, fetched } : undefined;
    });
    expect(told.reused).toBeGreaterThan(1_000_000);
    expect(told.fetched).toBeLessThan(100_000);
    const [call] = await stage.calls();
    expect(call).toMatchObject({ to: "9000", cause: "normal", endedBy: "local" });
  });

  it("rolls back by itself when the image's agent does not register its line", async () => {
    const broken = variant("deaf", "device-profiles/hardware/virtual/sim.json", (text) => {
      const board = JSON.parse(text) as { laboratory: { registrars: string[] } };
      board.laboratory.registrars = [];
      return JSON.stringify(board);
    });
    const asked = await at.force((await release(at.image("9.2.0", broken))).id);
    const done = await rolledBack(asked.id);
    expect(done.reason).toMatch(/regist/i);
    await registered(stage);
    expect((await stage.device()).softwareVersion).toBe("9.1.0");
  });

  it("rolls back by itself when the image's agent does not start", async () => {
    const broken = variant("dead", "agent.mjs", () => "process.exit(3);\n");
    const asked = await at.force((await release(at.image("9.3.0", broken))).id);
    await rolledBack(asked.id);
    await registered(stage);
    expect((await stage.device()).softwareVersion).toBe("9.1.0");
  });

  it("does not take in a wrongly signed, a truncated or a tampered image", async () => {
    const good = at.image("9.4.0");
    const flipped = Buffer.from(good);
    flipped[flipped.length - 1000] = (flipped[flipped.length - 1000] ?? 0) ^ 1;
    for (const bytes of [
      at.image("9.4.0", shipped, stranger),
      good.subarray(0, good.length - 5000),
      flipped,
    ]) {
      const refusal = await at.upload(bytes).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(refusal).toBeInstanceOf(AcsApiError);
      expect((refusal as AcsApiError).status).toBe(422);
    }
  });

  it("is refused by the ACS, and by the box at its own door, when no release lists the image", async () => {
    const file = join(at.work, "9.4.1.img");
    const bytes = at.image("9.4.1");
    const unlisted = await at.upload(bytes);
    await expect(at.force(unlisted.id)).rejects.toThrow(/No current release lists version 9\.4\.1/);
    writeFileSync(file, bytes);
    cpSync(join(stage.dir, "release"), join(at.work, "release"), { recursive: true });
    const refused = await at.atTheBox("--file", file, "--wait");
    expect(refused).toMatchObject({ code: 1, update: { state: "rejected" } });
    expect(refused.update.reason).toMatch(/version 9\.4\.1 is not among the images that release \d+ lists/);
    expect((await stage.device()).softwareVersion).toBe("9.1.0");
  });

  it("is refused in words when it is a downgrade", async () => {
    const older = await at.upload(at.image("9.0.0"));
    await expect(at.force(older.id)).rejects.toThrow(/9\.0\.0 is older than the running 9\.1\.0/);
    expect((await stage.device()).softwareVersion).toBe("9.1.0");
  });

  it("may come from a technician at the box: installed first, activated later", async () => {
    const file = join(at.work, "9.5.0.img");
    writeFileSync(file, at.image("9.5.0"));
    await stage.release(file);
    cpSync(join(stage.dir, "release"), join(at.work, "release"), { recursive: true });
    const kept = await at.atTheBox("--file", file, "--keep", "--wait");
    expect(kept).toMatchObject({ code: 0, update: { state: "available", version: "9.5.0" } });
    expect(kept.slots["b"]).toMatchObject({ status: "Active", version: "9.1.0" });
    expect(kept.slots["a"]).toMatchObject({ status: "Available", version: "9.5.0" });
    expect((await stage.device()).softwareVersion).toBe("9.1.0");

    const done = await at.atTheBox("--activate", "--wait");
    expect(done).toMatchObject({ code: 0, update: { state: "committed", version: "9.5.0" } });
    await registered(stage);
    await eventually("the ACS to see the version", async () =>
      (await stage.device()).softwareVersion === "9.5.0" ? true : undefined,
    );

    writeFileSync(file, at.image("9.4.0"));
    const refused = await at.atTheBox("--file", file, "--wait");
    expect(refused).toMatchObject({ code: 1, update: { state: "rejected" } });
    expect(refused.update.reason).toMatch(/older than the running 9\.5\.0/);
    expect(refused.slots["b"]).toMatchObject({ status: "ValidationFailed", version: "9.1.0" });
  });
});
