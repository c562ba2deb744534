import { crc32, gunzipSync } from "node:zlib";
import { decodeEnvironment } from "../job/environment.ts";

/** What a simulated board holds. */
export type Machine = {
  disk: Buffer;
  ram: Buffer;
  variables: Map<string, string>;
};

export type Outcome = { code: number; text?: string };

/** Where RAM begins, as on QEMU's virt. */
export const ramBase = 0x4000_0000;

type Run = (machine: Machine, args: readonly string[]) => Outcome;

const number = (text = "") => Number.parseInt(text.replace(/^0x/, ""), 16);

function memory({ ram }: Machine, address: string | undefined, length: number): Buffer {
  const start = number(address) - ramBase;
  return ram.subarray(start, start + length);
}

/** What U-Boot 2023.01 does and prints for the commands that the tool uses. */
const commands: Readonly<Record<string, Run>> = {
  true: () => ({ code: 0 }),
  false: () => ({ code: 1 }),
  version: () => ({ code: 0, text: "U-Boot 2023.01 simulated\ngcc\n" }),
  help: (_, [name = ""]) => ({
    code: 1,
    text: name in commands || name === "loady" ? `${name} - a command\n` : "",
  }),
  printenv: ({ variables }, [name]) => {
    if (name === undefined)
      return { code: 0, text: [...variables].map(([key, value]) => `${key}=${value}\n`).join("") };
    const value = variables.get(name);
    return value === undefined
      ? { code: 1, text: `## Error: "${name}" not defined\n` }
      : { code: 0, text: `${name}=${value}\n` };
  },
  setenv: ({ variables }, [name = "", ...value]) => {
    variables.set(name, value.join(" ").replaceAll('"', ""));
    return { code: 0 };
  },
  virtio: (machine, [verb, address, block, count]) => {
    const { disk } = machine;
    if (verb === "info")
      return { code: 0, text: `Device 0: disk\n  Capacity: 1 MB (${disk.length / 512} x 512)\n` };
    if (verb !== "read" && verb !== "write") return { code: 0 };
    const start = number(block) * 512;
    const part = disk.subarray(start, start + number(count) * 512);
    const ram = memory(machine, address, part.length);
    if (verb === "read") part.copy(ram);
    else ram.copy(part);
    return { code: 0, text: `virtio ${verb}: blocks OK\n` };
  },
  crc32: (machine, [address, length]) => {
    const sum = crc32(memory(machine, address, number(length)));
    return { code: 0, text: `crc32 for x ... y ==> ${sum.toString(16).padStart(8, "0")}\n` };
  },
  "md.q": (machine, [address, count]) => {
    const bytes = memory(machine, address, 8 * number(count));
    const lines = Array.from({ length: Math.ceil(bytes.length / 16) }, (_, row) => {
      const part = bytes.subarray(16 * row, 16 * row + 16);
      const shown = part.toString("latin1").replaceAll(/[^\x20-\x7e]/g, ".");
      const words = Array.from({ length: part.length / 8 }, (_word, index) =>
        part
          .readBigUInt64LE(8 * index)
          .toString(16)
          .padStart(16, "0"),
      );
      return `${(number(address) + 16 * row).toString(16)}: ${words.join(" ").padEnd(33)}  ${shown}\n`;
    });
    return { code: 0, text: lines.join("") };
  },
  "mw.b": (machine, [address, value, count]) => {
    memory(machine, address, number(count)).fill(number(value));
    return { code: 0 };
  },
  gzwrite: (machine, [, , address, length, buffer, offset]) => {
    try {
      const bytes = gunzipSync(memory(machine, address, number(length)));
      // The real one waits for ever then.
      if (bytes.length % number(buffer) === 0) return { code: 1, text: "hangs\n" };
      bytes.copy(machine.disk, number(offset));
      return { code: 0, text: "done\n" };
    } catch {
      return { code: 1, text: "Error: Bad gzipped data\n" };
    }
  },
  env: (machine, [, , address, size]) => {
    const found = decodeEnvironment(memory(machine, address, number(size)));
    for (const [name, value] of Object.entries(found ?? {})) machine.variables.set(name, value);
    return { code: found ? 0 : 1 };
  },
};

/** Executes one command of a line. */
export function execute(machine: Machine, words: readonly string[]): Outcome {
  const [name = "", ...args] = words;
  const run = commands[name];
  return run ? run(machine, args) : { code: 1, text: `Unknown command '${name}' - try 'help'\n` };
}
