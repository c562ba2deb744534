import { readState } from "./disk.ts";
import type { TestImages } from "./images.ts";
import { openLaboratory } from "./laboratory.ts";

/** What was seen of one box; seconds since power came, and its own words about memory. */
export type FirstBoot = {
  memoryMiB: number;
  uBootChose: number;
  userland: number;
  agentReady: number;
  inform: number;
  registered: number;
  /** after a minute: resident memory of the agent, memory available and of all, MiB */
  memory: { resident: number; available: number; total: number };
};

/** Boots one new box against a real ACS and a real registrar, until it has run for a minute. */
export async function firstBoot(images: TestImages, folder: string, memoryMiB: number): Promise<FirstBoot> {
  const laboratory = await openLaboratory(folder, images.trust);
  try {
    const box = await laboratory.makeBox(images.image("1.0.0"), { memoryMiB });
    await box.powerUp();
    const console = box.console();
    const uBootChose = (await console.line(/boot: slot=A/, 60_000)).atMs;
    const userland = (await console.line(/board: \d\S+/, 60_000)).atMs;
    const agentReady = (await console.line(/agent ready/, 120_000)).atMs;
    const inform = await box.sees("an Inform", async () =>
      (await box.device()).lastInformAt === null ? undefined : console.age(),
    );
    const registered = await box.sees("the line registered", async () =>
      (await box.device()).lines.some(({ status }) => status === "Up") ? console.age() : undefined,
    );
    const said = await console.line(
      /agent: steady, (\d+) kB resident, (\d+) kB available of (\d+) kB/,
      120_000,
    );
    const mebibytes = (index: number): number => Math.round(Number(said.match[index]) / 102.4) / 10;
    // The start was counted; a minute of life gives it back.
    await box.sees(
      "slot A's starts given back",
      async () => (await Promise.resolve(readState(box.disk))).left.A === 3 || undefined,
      60,
    );
    return {
      memoryMiB,
      uBootChose: seconds(uBootChose),
      userland: seconds(userland),
      agentReady: seconds(agentReady),
      inform: seconds(inform),
      registered: seconds(registered),
      memory: { resident: mebibytes(1), available: mebibytes(2), total: mebibytes(3) },
    };
  } finally {
    await laboratory.stop();
  }
}

const seconds = (ms: number): number => Math.round(ms / 100) / 10;
