import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Device, FirmwareImage, Update } from "@tonalite/acs/api";
import type { WorldOptions } from "@tonalite/scripts/demo";
import { buildImage, createKeyPair } from "@tonalite/scripts/firmware";
import { dial, eventually, openStage, registered, sleep } from "./stage.ts";
import type { Stage } from "./stage.ts";

const updateCommand = join(import.meta.dirname, "../../agent/src/shell/cli/update.ts");
/** The image that the box runs. */
export const shipped = join(import.meta.dirname, "../../agent/dist/image");

/** What the command at the box answers, with its exit code. */
export type BoxAnswer = {
  code: number;
  update: { state: string; version: string; reason: string };
  slots: Record<string, { status: string; version: string }>;
};

/** A stage whose box takes updates signed by a key of the test's own. */
export type UpdateStage = {
  readonly stage: Stage;
  /** a folder for images */
  readonly work: string;
  /** A signed image. @param from a folder as {@link shipped}; @param key the private key's file */
  readonly image: (version: string, from?: string, key?: string) => Buffer;
  readonly upload: (bytes: Uint8Array) => Promise<FirmwareImage>;
  readonly force: (imageId: string) => Promise<Update>;
  readonly update: (id: string) => Promise<Update>;
  readonly reaches: (id: string, states: string[], seconds?: number) => Promise<Update>;
  readonly atTheBox: (...args: string[]) => Promise<BoxAnswer>;
  /** A call to the echo that speaks all the time. */
  readonly callUp: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** @param desired what the box shall be set to: a minute of quiet is for homes */
export async function openUpdateStage(
  desired: Record<string, string>,
  options: Partial<WorldOptions> = {},
): Promise<UpdateStage> {
  const work = mkdtempSync(join(tmpdir(), "tonalite-images-"));
  const { privateKeyFile, publicKeyFile } = createKeyPair(join(work, "trusted"));
  const trust = [{ name: "provider", pem: readFileSync(publicKeyFile, "utf8") }];
  const stage = await openStage({ trialSeconds: 15, trust, ...options });
  await registered(stage);
  const path = `/api/devices/${encodeURIComponent(stage.deviceId)}`;
  await stage.acs.api.patch<Device>(path, { desired });
  const update = (id: string): Promise<Update> => stage.acs.api.get(`/api/updates/${id}`);
  return {
    stage,
    work,
    image: (version, from = shipped, key = privateKeyFile) =>
      buildImage({ from, version, hardware: ["virtual/sim"], key }).bytes,
    upload: (bytes) => stage.acs.api.upload("/api/firmware", bytes),
    force: (imageId) => stage.acs.api.post(`${path}/updates`, { imageId, force: true }),
    update,
    reaches: (id, states, seconds = 120) =>
      eventually(
        `the update to be ${states.join(" or ")}`,
        async () => {
          const now = await update(id);
          return states.includes(now.state) ? now : undefined;
        },
        seconds,
      ),
    async atTheBox(...args) {
      const command = [updateCommand, "--state", stage.ata.stateDir, "--json", ...args];
      const run = await promisify(execFile)(process.execPath, command).then(
        ({ stdout }) => ({ code: 0, stdout }),
        (error: { code: number; stdout: string }) => error,
      );
      return { ...(JSON.parse(run.stdout) as BoxAnswer), code: run.code };
    },
    async callUp() {
      await dial(stage, "9000");
      await eventually("the far end to answer", async () =>
        (await stage.device()).lines[0]?.callStatus === "Connected" ? true : undefined,
      );
      await stage.ata.phone("speak", { frequency: 1000, ms: 0 });
      await sleep(1500);
    },
    async close() {
      await stage.close();
      rmSync(work, { recursive: true, force: true });
    },
  };
}
