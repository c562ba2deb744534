import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { FirmwareImage, Page, Update } from "@tonalite/acs/api";
import { AcsApiError } from "@tonalite/scripts/demo";
import { buildImage, createKeyPair } from "@tonalite/scripts/firmware";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dial, eventually, hangUp, openStage, registered, sleep } from "./stage.ts";
import type { Stage } from "./stage.ts";

const updateCommand = join(import.meta.dirname, "../../agent/src/shell/cli/update.ts");
const shipped = join(import.meta.dirname, "../../agent/dist/image");

describe("a firmware update the provider forces", () => {
  let stage: Stage;
  let work: string;
  let key: string;
  let stranger: string;

  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), "tonalite-images-"));
    const pair = createKeyPair(join(work, "trusted"));
    key = pair.privateKeyFile;
    stranger = createKeyPair(join(work, "stranger")).privateKeyFile;
    stage = await openStage({
      trialSeconds: 15,
      releases: true,
      trust: [{ name: "provider", pem: readFileSync(pair.publicKeyFile, "utf8") }],
    });
    await registered(stage);
    // A minute of quiet is for homes.
    await stage.acs.api.patch(`/api/devices/${encodeURIComponent(stage.deviceId)}`, {
      desired: { "Device.X_TONALITE_Update.QuietTime": "5" },
    });
  });
  afterAll(async () => {
    await stage?.close();
    if (work) rmSync(work, { recursive: true, force: true });
  });

  const image = (version: string, from = shipped, signer = key): Buffer =>
    buildImage({ from, version, hardware: ["virtual/sim"], key: signer }).bytes;
  const upload = (bytes: Uint8Array): Promise<FirmwareImage> => stage.acs.api.upload("/api/firmware", bytes);
  /** Lists an image in the publisher's release metadata, then uploads it. */
  const release = async (bytes: Uint8Array): Promise<FirmwareImage> => {
    const file = join(work, "next.img");
    writeFileSync(file, bytes);
    await stage.release(file);
    return await upload(bytes);
  };
  const force = (imageId: string): Promise<Update> =>
    stage.acs.api.post(`/api/devices/${encodeURIComponent(stage.deviceId)}/updates`, {
      imageId,
      force: true,
    });
  const update = (id: string): Promise<Update> => stage.acs.api.get(`/api/updates/${id}`);
  const reaches = (id: string, states: string[], seconds = 120): Promise<Update> =>
    eventually(
      `the update to be ${states.join(" or ")}`,
      async () => {
        const now = await update(id);
        return states.includes(now.state) ? now : undefined;
      },
      seconds,
    );
  /** Rolled back, and closed by the TransferComplete that carries the fault. */
  const rolledBack = async (id: string): Promise<Update> => {
    await reaches(id, ["rolled-back"], 240);
    return eventually("the fault of the roll-back", async () => {
      const now = await update(id);
      return now.fault === null ? undefined : now;
    });
  };
  /** A copy of the shipped image with one of its files changed. */
  const variant = (name: string, file: string, change: (text: string) => string): string => {
    const folder = join(work, name);
    cpSync(shipped, folder, { recursive: true });
    writeFileSync(join(folder, file), change(readFileSync(join(folder, file), "utf8")));
    return folder;
  };

  type BoxAnswer = {
    code: number;
    update: { state: string; version: string; reason: string };
    slots: Record<string, { status: string; version: string }>;
  };
  const atTheBox = async (...args: string[]): Promise<BoxAnswer> => {
    const command = [updateCommand, "--state", stage.ata.stateDir, "--json", ...args];
    const run = await promisify(execFile)(process.execPath, command).then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: { code: number; stdout: string }) => error,
    );
    return { ...(JSON.parse(run.stdout) as BoxAnswer), code: run.code };
  };

  it("waits for a live call, whose audio has no gap, then installs, restarts, registers and reports", async () => {
    await dial(stage, "9000");
    await eventually("the far end to answer", async () =>
      (await stage.device()).lines[0]?.callStatus === "Connected" ? true : undefined,
    );
    await stage.ata.phone("speak", { frequency: 1000, ms: 0 });
    await sleep(1500);
    // The same call without an update is the measure: what this machine's scheduling does to any audio.
    await stage.ata.phone("forget");
    await sleep(6000);
    const before = (await stage.heard()).audio;
    const asked = await force((await release(image("9.1.0"))).id);
    expect(asked).toMatchObject({ forced: true, clause: "7.3", provider: "ippi" });
    const waiting = await reaches(asked.id, ["waiting"]);
    expect(waiting.waitsFor ?? waiting.reason).toMatch(/call|off.hook|line/i);
    await stage.ata.phone("forget");
    await sleep(6000);
    const during = (await stage.heard()).audio;
    expect(during.activeMs).toBeGreaterThan(5000);
    expect(during.longestGapMs).toBeLessThanOrEqual(Math.max(40, before.longestGapMs));
    expect((await update(asked.id)).state).toBe("waiting");
    await hangUp(stage);

    const done = await reaches(asked.id, ["committed"]);
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
    const asked = await force((await release(image("9.2.0", broken))).id);
    const done = await rolledBack(asked.id);
    expect(done.reason).toMatch(/regist/i);
    await registered(stage);
    expect((await stage.device()).softwareVersion).toBe("9.1.0");
  });

  it("rolls back by itself when the image's agent does not start", async () => {
    const broken = variant("dead", "agent.mjs", () => "process.exit(3);\n");
    const asked = await force((await release(image("9.3.0", broken))).id);
    await rolledBack(asked.id);
    await registered(stage);
    expect((await stage.device()).softwareVersion).toBe("9.1.0");
  });

  it("does not take in a wrongly signed, a truncated or a tampered image", async () => {
    const good = image("9.4.0");
    const flipped = Buffer.from(good);
    flipped[flipped.length - 1000] = (flipped[flipped.length - 1000] ?? 0) ^ 1;
    for (const bytes of [image("9.4.0", shipped, stranger), good.subarray(0, good.length - 5000), flipped]) {
      const refusal = await upload(bytes).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(refusal).toBeInstanceOf(AcsApiError);
      expect((refusal as AcsApiError).status).toBe(422);
    }
  });

  it("is refused by the ACS, and by the box at its own door, when no release lists the image", async () => {
    const file = join(work, "9.4.1.img");
    const bytes = image("9.4.1");
    const unlisted = await upload(bytes);
    await expect(force(unlisted.id)).rejects.toThrow(/No current release lists version 9\.4\.1/);
    writeFileSync(file, bytes);
    cpSync(join(stage.dir, "release"), join(work, "release"), { recursive: true });
    const refused = await atTheBox("--file", file, "--wait");
    expect(refused).toMatchObject({ code: 1, update: { state: "rejected" } });
    expect(refused.update.reason).toMatch(/version 9\.4\.1 is not among the images that release \d+ lists/);
    expect((await stage.device()).softwareVersion).toBe("9.1.0");
  });

  it("is refused in words when it is a downgrade", async () => {
    const older = await upload(image("9.0.0"));
    await expect(force(older.id)).rejects.toThrow(/9\.0\.0 is older than the running 9\.1\.0/);
    expect((await stage.device()).softwareVersion).toBe("9.1.0");
  });

  it("may come from a technician at the box: installed first, activated later", async () => {
    const file = join(work, "9.5.0.img");
    writeFileSync(file, image("9.5.0"));
    await stage.release(file);
    cpSync(join(stage.dir, "release"), join(work, "release"), { recursive: true });
    const kept = await atTheBox("--file", file, "--keep", "--wait");
    expect(kept).toMatchObject({ code: 0, update: { state: "available", version: "9.5.0" } });
    expect(kept.slots["b"]).toMatchObject({ status: "Active", version: "9.1.0" });
    expect(kept.slots["a"]).toMatchObject({ status: "Available", version: "9.5.0" });
    expect((await stage.device()).softwareVersion).toBe("9.1.0");

    const done = await atTheBox("--activate", "--wait");
    expect(done).toMatchObject({ code: 0, update: { state: "committed", version: "9.5.0" } });
    await registered(stage);
    await eventually("the ACS to see the version", async () =>
      (await stage.device()).softwareVersion === "9.5.0" ? true : undefined,
    );

    writeFileSync(file, image("9.4.0"));
    const refused = await atTheBox("--file", file, "--wait");
    expect(refused).toMatchObject({ code: 1, update: { state: "rejected" } });
    expect(refused.update.reason).toMatch(/older than the running 9\.5\.0/);
    expect(refused.slots["b"]).toMatchObject({ status: "ValidationFailed", version: "9.1.0" });
  });
});
