/** Firmware on QEMU's board: sameness of two builds, figures of a first boot. `node tests/firmware/main.ts --help`. */
import { cpSync, existsSync, readFileSync, readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { join } from "node:path";
import { imageTool, withFolder } from "./box.ts";
import { firstBoot } from "./first-boot.ts";

const help = `usage: node tests/firmware/main.ts [--image DIR | --twice] [--memory MIB,…] [--steady] [--json]

Boots a new box in QEMU from U-Boot to its first Inform and its registered line, against a real ACS and registrar.

  --image DIR   a built image; without it one is built, with keys of its own
  --memory M,…  boxes of so many MiB (default 256; empty for none)
  --twice       builds twice and compares (without --image)
  --steady      waits a minute more, for the figures of memory`;

const { values } = parseArgs({
  options: {
    image: { type: "string" },
    memory: { type: "string", default: "256" },
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
    const boots = [];
    for (const memory of values.memory.split(",").filter(Boolean))
      boots.push(await firstBoot(image, Number(memory), values.steady));
    console.log(values.json ? JSON.stringify(boots) : boots);
  });

// With keys of its own, from a copy of the agent: somebody may build it anew meanwhile.
function buildImage(folder: string, name: string): string {
  const image = join(folder, name);
  const keys = join(folder, "keys");
  const agent = join(folder, "agent");
  if (!existsSync(keys)) {
    imageTool("keys", "--key-dir", keys);
    cpSync(join(import.meta.dirname, "../../agent/dist/image"), agent, { recursive: true });
  }
  imageTool("build", "--version", "1.0.0", "--key-dir", keys, "--agent", agent, "--out", image);
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
