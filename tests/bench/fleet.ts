import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { openLaboratoryCertificates, opensslIsMissing } from "@tonalite/acs/laboratory-certificates";
import { startAcs } from "@tonalite/scripts/demo";
import { cpuSeconds } from "./figures.ts";
import type { Figure } from "./figures.ts";

const program = join(import.meta.dirname, "../../scripts/fleet/main.ts");
const devices = 60;
const seconds = 30;

type Ran = { sessionsPerSecond: number; sessions: number; failures: number };

/**
 * A fleet whose boxes call each second and open a connection for it each time, in the clear and over TLS: what a session costs
 * the ACS, and what TLS adds. Both in one run: on a shared machine only their ratio says something.
 */
export async function benchFleet(): Promise<Figure[]> {
  const clear = await measure(false);
  const note = `${devices} boxes, a connection each time`;
  const figures: Figure[] = [
    { name: "ACS and a fleet: rate", value: clear.sessionsPerSecond, unit: "/s", note },
    { name: "ACS and a fleet: CPU of a session", value: clear.cpuMs, unit: "ms" },
    { name: "ACS and a fleet: sessions that failed", value: clear.failures, unit: "", aim: "0" },
  ];
  if (opensslIsMissing) return figures;
  const tls = await measure(true);
  return [
    ...figures,
    { name: "ACS and a fleet over TLS: CPU of a session", value: tls.cpuMs, unit: "ms" },
    { name: "ACS and a fleet over TLS: sessions that failed", value: tls.failures, unit: "", aim: "0" },
    { name: "ACS and a fleet: CPU over TLS by CPU in the clear", value: tls.cpuMs / clear.cpuMs, unit: "×" },
  ];
}

async function measure(overTls: boolean): Promise<Ran & { cpuMs: number }> {
  const dataDir = mkdtempSync(join(tmpdir(), "tonalite-bench-fleet-"));
  const certificates = openLaboratoryCertificates();
  try {
    if (overTls) {
      certificates.authority("ca");
      certificates.issue("acs", "ca", "acs.example");
    }
    const acs = await startAcs({
      dataDir,
      openEnrolment: true,
      informInterval: 1,
      ...(overTls && {
        tls: { certificate: certificates.path("acs.crt"), key: certificates.path("acs.key") },
      }),
    });
    try {
      const pid = acs.child.process.pid ?? 0;
      const before = cpuSeconds(pid);
      const ran = await runFleet([
        "--acs",
        `${overTls ? "https" : "http"}://127.0.0.1:${acs.ports.cwmp}/`,
        "--devices",
        String(devices),
        "--period",
        "1",
        "--for",
        String(seconds),
        ...(overTls ? ["--ca", certificates.path("ca.crt")] : []),
      ]);
      return { ...ran, cpuMs: ((cpuSeconds(pid) - before) * 1000) / Math.max(1, ran.sessions) };
    } finally {
      await acs.stop();
    }
  } finally {
    certificates.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function runFleet(args: readonly string[]): Promise<Ran> {
  const run = promisify(execFile)(process.execPath, [program, ...args, "--json"]);
  // Sessions that failed are a figure here: exit code 1.
  const { stdout } = await run.catch((error: { stdout: string; stderr: string }) => {
    if (error.stdout === "") throw new Error(`the fleet did not run: ${error.stderr}`);
    return error;
  });
  return JSON.parse(stdout) as Ran;
}
