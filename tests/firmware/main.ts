/** Firmware on QEMU's board: sameness of two builds, what is refused, figures of a first boot. `node tests/firmware/main.ts --help`. */
import { cpSync, existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { join } from "node:path";
import { imageTool, withFolder } from "./box.ts";
import { firstBoot } from "./first-boot.ts";
import { trustTrials } from "./trust.ts";

const help = `usage: node tests/firmware/main.ts [--image DIR --key-dir DIR | --twice] [--trust] [--memory MIB,…] [--steady] [--json]

Boots a new box in QEMU from U-Boot to its first Inform and its registered line, against a real ACS and registrar.

  --image DIR   a built image; without it one is built, with keys of its own
  --key-dir D   the keys of that image, for --trust
  --trust       boots disks that somebody tampered with: what is not signed must not run, the other slot must
  --memory M,…  boxes of so many MiB (default 256; empty for none)
  --twice       builds twice and compares (without --image)
  --steady      waits a minute more, for the figures of memory`;

const { values } = parseArgs({
  options: {
    image: { type: "string" },
    "key-dir": { type: "string" },
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
    const keys = values["key-dir"] ?? join(folder, "keys");
    const image = values.image ?? buildImage(folder, { name: "first", keys });
    if (values.twice) assertSame(image, buildImage(folder, { name: "second", keys }));
    if (values.trust) {
      const strangers = {
        otherKeys: buildImage(folder, { name: "other", keys: join(folder, "other-keys") }),
        deadAgent: buildImage(folder, { name: "dead", keys, agent: deadAgent(folder) }),
      };
      const { passed, failed } = await trustTrials(image, strangers);
      console.log(`${passed} passed, ${failed} failed`);
      if (failed > 0) process.exitCode = 1;
    }
    const boots = [];
    for (const memory of values.memory.split(",").filter(Boolean))
      boots.push(await firstBoot(image, Number(memory), values.steady));
    console.log(values.json ? JSON.stringify(boots) : boots);
  });

type Build = { name: string; keys: string; agent?: string };

function buildImage(folder: string, { name, keys, agent = copyOfAgent(folder) }: Build): string {
  const image = join(folder, name);
  if (!existsSync(keys)) imageTool("keys", "--key-dir", keys);
  imageTool("build", "--version", "1.0.0", "--key-dir", keys, "--agent", agent, "--out", image);
  return image;
}

// Somebody may build the agent anew meanwhile.
function copyOfAgent(folder: string): string {
  const agent = join(folder, "agent");
  if (!existsSync(agent))
    cpSync(join(import.meta.dirname, "../../agent/dist/image"), agent, { recursive: true });
  return agent;
}

function deadAgent(folder: string): string {
  const agent = join(folder, "dead-agent");
  cpSync(copyOfAgent(folder), agent, { recursive: true });
  writeFileSync(join(agent, "agent.mjs"), "process.exit(3);\n");
  return agent;
}

function assertSame(one: string, other: string): void {
  const names = readdirSync(one);
  const differing = names.filter(
    (name) => !readFileSync(join(one, name)).equals(readFileSync(join(other, name))),
  );
  if (differing.length > 0) throw new Error(`two builds differ in: ${differing.join(", ")}`);
  console.log(`two builds are the same bytes: ${names.join(", ")}`);
}
