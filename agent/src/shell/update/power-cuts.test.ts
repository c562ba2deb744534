import { describe, expect, it } from "vitest";
import { SimulatedBox, type Behaviour } from "./simulation/box.ts";
import { boardKinds, type BoardKind } from "./simulation/boards.ts";
import { boardImage } from "./simulation/life.ts";
import { createChance } from "./simulation/power.ts";

const images: Record<BoardKind, Buffer> = {
  folders: boardImage("folders"),
  partitions: boardImage("partitions"),
};
type Story = { behaviour: Behaviour; board: BoardKind };

/** One update with a power cut at each of the given counts of changes; checks at every start that a whole image runs. */
async function live(
  seed: number,
  { behaviour, board }: Story,
  cuts: number[],
  flaky = 0,
): Promise<SimulatedBox> {
  const box = new SimulatedBox(createChance(seed), images[board], board);
  box.behaviour = behaviour;
  box.flaky = flaky;
  await box.leaveFactory();
  const left = [...cuts];
  for (let boots = 0; boots < 60; boots += 1) {
    const next = left.shift();
    if (next !== undefined) box.power.cutAfter(next);
    const end = await box.boot();
    if (end === "cut") {
      box.power.restore();
      box.disk.crash();
      continue;
    }
    box.power.restore();
    expect(box.running.version, `seed ${seed}, start ${boots}`).not.toBe("no whole image");
    if (end === "rest") return box;
  }
  throw new Error(`seed ${seed}: never came to rest, last in ${JSON.stringify(box.stored())}`);
}

async function changesOf({ behaviour, board }: Story): Promise<number> {
  const box = new SimulatedBox(createChance(1), images[board], board);
  box.behaviour = behaviour;
  await box.leaveFactory();
  const start = box.power.changes;
  while ((await box.boot()) !== "rest");
  return box.power.changes - start;
}

function expectEnd(box: SimulatedBox, behaviour: Behaviour, seed: string): void {
  const end = box.stored()?.state;
  const report = box.reports.at(-1);
  expect(box.reports.length, seed).toBeGreaterThan(0);
  expect(report?.commandKey, seed).toBe("key-1");
  if (behaviour === "healthy" && end === "committed") {
    expect(box.running.version, seed).toBe("2.0.0");
    expect(report?.fault.code, seed).toBe(0);
  } else {
    expect(end, `${seed}: ${JSON.stringify(box.stored())}`).toBe("rolled-back");
    expect(box.running.version, seed).toBe("1.0.0");
    expect(report?.fault.code, seed).toBe(9018);
  }
}

const behaviours: readonly Behaviour[] = ["healthy", "deaf", "crashing"];
const stories = boardKinds.flatMap((board) => behaviours.map((behaviour) => ({ behaviour, board })));

describe.each(stories)("an update to a $behaviour image in $board", (story) => {
  const { behaviour } = story;
  it("ends as it must without a power cut", async () => {
    const box = await live(7, story, []);
    expectEnd(box, behaviour, "undisturbed");
    expect(box.stored()?.state).toBe(behaviour === "healthy" ? "committed" : "rolled-back");
    expect(box.reports).toHaveLength(1);
  });

  it("survives one cut at every change it makes", async () => {
    const changes = await changesOf(story);
    expect(changes).toBeGreaterThan(30);
    for (let cut = 1; cut <= changes; cut += 1) {
      const box = await live(1000 + cut, story, [cut]);
      expectEnd(box, behaviour, `cut at change ${cut}`);
      if (behaviour === "healthy") expect(box.stored()?.state, `cut at ${cut}`).toBe("committed");
    }
  });

  it("survives cuts anywhere, again and again, over a bad connection", async () => {
    const changes = await changesOf(story);
    for (let seed = 0; seed < 100; seed += 1) {
      const chance = createChance(seed * 31 + 5);
      const cuts = Array.from({ length: 1 + chance.below(6) }, () => 1 + chance.below(changes));
      expectEnd(await live(seed, story, cuts, chance.below(4)), behaviour, `seed ${seed}`);
    }
  });
});
