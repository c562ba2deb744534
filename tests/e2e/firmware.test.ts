import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openImages } from "../firmware/images.ts";
import { otaTrials, shortTrials, type OtaFigures } from "../firmware/ota.ts";
import { startTrials } from "../firmware/trials.ts";

const tools = [
  "mmdebstrap",
  "aarch64-linux-gnu-gcc",
  "mksquashfs",
  "veritysetup",
  "mkimage",
  "dtc",
  "qemu-system-aarch64",
  "sfdisk",
  "mke2fs",
];
const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/sbin"];
const missing = tools.filter((tool) => !folders.some((folder) => existsSync(join(folder, tool))));
const reason = missing.length === 0 ? "" : ` (skipped: this machine has no ${missing.join(", ")})`;
// Building two images and booting seven times without hardware help; it bounds a failure on a busy machine.
const patienceMs = 25 * 60_000;

// The short form of `npm run test:firmware`: a real U-Boot, kernel and root file system, a real ACS and registrar.
describe.skipIf(missing.length > 0)(`firmware on QEMU's board${reason}`, () => {
  const outcomes = new Map<string, string>();
  let figures: OtaFigures = {};
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "tonalite-firmware-"));
    const trials = startTrials((words) => {
      const [, outcome = "", name = ""] = /^(ok|WRONG) +(.*) \([\d.]+ s\)/m.exec(words) ?? [];
      outcomes.set(name, outcome === "ok" ? "ok" : words);
      console.log(words);
    });
    figures = await otaTrials(
      openImages((words) => console.log(words), true),
      folder,
      trials,
      true,
    );
  }, patienceMs);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(shortTrials)("%s", (name) => {
    expect(outcomes.get(name) ?? "it was never tried").toBe("ok");
  });

  it("has a size and an installation that were measured", () => {
    expect(figures.bundle).toBeGreaterThan(20e6);
    expect(figures.install).toBeGreaterThan(0);
  });
});
