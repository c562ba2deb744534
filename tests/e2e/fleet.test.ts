import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DeviceSummary, FirmwareImage, Page, Update } from "@tonalite/acs/api";
import { startAcs, type AcsProcess } from "@tonalite/scripts/demo";
import { buildImage, createKeyPair } from "@tonalite/scripts/firmware";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./stage.ts";

const root = join(import.meta.dirname, "../..");
const program = join(root, "scripts/fleet/main.ts");
const fleetOf = (args: readonly string[]) =>
  spawn(process.execPath, [program, ...args, "--json"], { stdio: ["ignore", "pipe", "inherit"] });

type Figures = {
  up: number;
  sessions: number;
  failures: number;
  requests: Record<string, number>;
  updates: { done: number; failed: number };
};
async function endOf(fleet: ReturnType<typeof fleetOf>): Promise<{ code: number | null; figures: Figures }> {
  let text = "";
  fleet.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(fleet, "close")) as [number | null];
  return { code, figures: JSON.parse(text) as Figures };
}

describe("a simulated fleet", () => {
  let dir: string;
  let key: string;
  let acs: AcsProcess;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "tonalite-fleet-"));
    const pair = createKeyPair(join(dir, "keys"));
    key = pair.privateKeyFile;
    mkdirSync(join(dir, "acs/trust"), { recursive: true });
    cpSync(pair.publicKeyFile, join(dir, "acs/trust/fleet.pem"));
    acs = await startAcs({ dataDir: join(dir, "acs"), openEnrolment: true });
  });
  afterAll(async () => {
    await acs?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const devices = async (prefix: string): Promise<DeviceSummary[]> =>
    (await acs.api.get<Page<DeviceSummary>>(`/api/devices?limit=100&search=${prefix}`)).items;

  it("registers, is configured, joins the broker, takes an update, and ends at Ctrl-C", async () => {
    const file = join(dir, "token");
    writeFileSync(file, acs.api.token, { mode: 0o600 });
    const fleet = fleetOf([
      "--acs",
      `http://127.0.0.1:${acs.ports.cwmp}/`,
      "--usp",
      `mqtt://127.0.0.1:${acs.ports.mqtt}`,
      "--api",
      acs.api.url,
      "--token-file",
      file,
      "--devices",
      "12",
      "--prefix",
      "REG",
    ]);
    const ended = endOf(fleet);
    const isAtWork = ({ connection, lines }: DeviceSummary): boolean =>
      connection === "usp" && lines.some(({ status }) => status === "Up");
    const [first] = await eventually(
      "twelve boxes at work",
      async () => {
        const found = await devices("REG");
        return found.filter(isAtWork).length === 12 ? found : undefined;
      },
      120,
    );
    const from = join(root, "agent/dist/image");
    const { bytes } = buildImage({ from, version: "9.9.9", hardware: ["virtual/sim"], key });
    const image = await acs.api.upload<FirmwareImage>("/api/firmware", bytes);
    const path = `/api/devices/${encodeURIComponent(first?.id ?? "")}`;
    await acs.api.post<Update>(`${path}/updates`, { imageId: image.id, force: true });
    await eventually(
      "the box on its new firmware",
      async () => ((await acs.api.get<DeviceSummary>(path)).softwareVersion === "9.9.9" ? true : undefined),
      120,
    );
    fleet.kill("SIGINT");
    const { code, figures } = await ended;
    expect(figures.failures, JSON.stringify(figures)).toBe(0);
    expect(figures).toMatchObject({ up: 12, updates: { done: 1, failed: 0 } });
    expect(figures.sessions).toBeGreaterThan(12);
    expect(figures.requests["SetParameterValues"]).toBeGreaterThanOrEqual(12);
    expect(code).toBe(0);
  });

  it("enrols itself where the ACS lets anybody in, survives a storm, and ends in time", async () => {
    const { code, figures } = await endOf(
      fleetOf([
        "--acs",
        `http://127.0.0.1:${acs.ports.cwmp}/`,
        "--devices",
        "8",
        "--prefix",
        "OPEN",
        "--storm",
        "6",
        "--boot",
        "0.5",
        "--for",
        "20",
      ]),
    );
    expect(figures.up).toBe(8);
    // One session at the first start, one more after the storm.
    expect(figures.sessions + figures.failures).toBeGreaterThanOrEqual(16);
    expect(await devices("OPEN")).toHaveLength(8);
    expect(code).toBe(figures.failures === 0 ? 0 : 1);
  });

  it("says what is wrong with its command line", () => {
    const { status, stderr } = spawnSync(process.execPath, [program, "--devices", "1"], { encoding: "utf8" });
    expect(stderr).toMatch(/--acs is needed/);
    expect(status).toBe(64);
  });
});
