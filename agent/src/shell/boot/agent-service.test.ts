import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { beginTrial, confirmTrial, factoryBootState, type BootState } from "../../core/update/index.ts";
import { systemDisk } from "../update/disk.ts";
import { writeBootRecord } from "./boot-record.ts";

// The service of a board's image reads the record with sed: both must mean the same.
const service = readFileSync(
  join(import.meta.dirname, "../../../../scripts/firmware/board-image/files/agent-service"),
  "utf8",
);
const [reader = ""] = /^update_on_trial\(\) \{\n.*?\n\}$/ms.exec(service) ?? [];
let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "tonalite-service-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function onTrial(record: BootState | undefined, slot: "a" | "b"): Promise<string> {
  if (record) await writeBootRecord(systemDisk, folder, record);
  const script = `state='${folder}'\n${reader}\nupdate_on_trial ${slot}; true`;
  return execFileSync("sh", ["-c", script], { encoding: "utf8" }).trim();
}

describe("the board's service", () => {
  const update = "0c2f6c1e-9d0f-4a53-8a51-2f9f0c6b9f11";
  const trial = beginTrial(factoryBootState(), update);

  it("knows the update that is on trial, and its slot", async () => {
    expect(reader).toContain("sed");
    expect(await onTrial(trial, "b")).toBe(update);
    expect(await onTrial(trial, "a")).toBe("");
  });

  it("knows of none when there is none", async () => {
    expect(await onTrial(undefined, "b")).toBe("");
    expect(await onTrial(factoryBootState(), "b")).toBe("");
    expect(await onTrial(confirmTrial(trial, 0), "b")).toBe("");
  });
});
