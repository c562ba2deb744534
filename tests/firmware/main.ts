/** Firmware on QEMU's board: sameness of two builds, what is refused, figures of a first boot. `node tests/firmware/main.ts --help`. */
import { cpSync, existsSync, readFileSync, readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { join } from "node:path";
import { imageTool, withFolder } from "./box.ts";
import { firstBoot } from "./first-boot.ts";
import { trustTrials } from "./trust.ts";

const help = `usage: node tests/firmware/main.ts [--image DIR | --twice] [--trust] [--memory MIB,…] [--steady] [--json]

Boots a new box in QEMU from U-Boot to its first Inform and its registered line, against a real ACS and registrar.

  --image DIR   a built image; without it one is built, with keys of its own
  --trust       boots disks that somebody tampered with: what is not signed must not run, the other slot must
  --memory M,…  boxes of so many MiB (default 256; empty for none)
  --twice       builds twice and compares (without --image)
  --steady      waits a minute more, for the figures of memory`;

const { values } = parseArgs({
  options: {
    image: { type: "string" },
    memory: { type: "string", default: "256" },
    trust: { type: "boolean", default: false },
    twice: { type: "boolean", default: false },
    steady: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (values.help) console.log(help);
else
  await withFolder(async (folder) => {
    const image = values.image ?? buildImage(folder, "first");
    if (values.twice) assertSame(image, buildImage(folder, "second"));
    if (values.trust) {
      const { passed, failed } = await trustTrials(image, buildImage(folder, "other", "1.0.1"));
      console.log(`${passed} passed, ${failed} failed`);
      if (failed > 0) process.exitCode = 1;
    }
    const boots = [];
    for (const memory of values.memory.split(",").filter(Boolean))
      boots.push(await firstBoot(image, Number(memory), values.steady));
    console.log(values.json ? JSON.stringify(boots) : boots);
  });

// From a copy of the agent: somebody may build it anew meanwhile. Each version has keys of its own.
function buildImage(folder: string, name: string, version = "1.0.0"): string {
  const image = join(folder, name);
  const keys = join(folder, `keys-${version}`);
  const agent = join(folder, "agent");
  if (!existsSync(keys)) imageTool("keys", "--key-dir", keys);
  if (!existsSync(agent))
    cpSync(join(import.meta.dirname, "../../agent/dist/image"), agent, { recursive: true });
  imageTool("build", "--version", version, "--key-dir", keys, "--agent", agent, "--out", image);
  return image;
}

function assertSame(one: string, other: string): void {
  const names = readdirSync(one);
  const differing = names.filter(
    (name) => !readFileSync(join(one, name)).equals(readFileSync(join(other, name))),
  );
  if (differing.length > 0) throw new Error(`two builds differ in: ${differing.join(", ")}`);
  console.log(`two builds are the same bytes: ${names.join(", ")}`);
}
