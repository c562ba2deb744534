import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildImage, compareImages, createKeyPair, type ImageComparison } from "@tonalite/scripts/firmware";
import type { Figure } from "./figures.ts";

const shipped = join(import.meta.dirname, "../../agent/dist/image");

/**
 * What travels of an image of the agent after a change of one line. Two images of a board are compared with
 * `npm run firmware -- compare OLD NEW`; building them takes minutes.
 */
export async function benchDelta(): Promise<Figure[]> {
  const work = mkdtempSync(join(tmpdir(), "tonalite-bench-delta-"));
  try {
    const { privateKeyFile: key } = createKeyPair(join(work, "keys"));
    const changed = join(work, "changed");
    cpSync(shipped, changed, { recursive: true });
    const agent = join(changed, "agent.mjs");
    const text = readFileSync(agent, "utf8");
    const line = '"agent ready"';
    if (!text.includes(line))
      throw new Error(`the agent does not say ${line} any more: change another line here`);
    writeFileSync(agent, text.replace(line, '"the agent is ready for work"'));
    const images = [shipped, changed].map((from, index) => {
      const out = join(work, `${index}.img`);
      buildImage({ from, version: `1.0.${index}`, hardware: ["virtual/sim"], key, out });
      return out;
    });
    return await Promise.resolve(figuresOf(compareImages(images[0] ?? "", images[1] ?? "")));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function figuresOf({ size, travels, header, ranges }: ImageComparison): Figure[] {
  const kB = (bytes: number): number => bytes / 1000;
  return [
    { name: "image of the agent", value: kB(size), unit: "kB" },
    {
      name: "travels after a change of one line",
      value: kB(travels),
      unit: "kB",
      note: `in ${ranges} ranges`,
    },
    { name: "share of the image", value: (100 * travels) / size, unit: "%", aim: "aim < 3" },
    { name: "lists of chunks in its header", value: (100 * header) / size, unit: "%" },
  ];
}
