import { trialStarts } from "../../../core/update/index.ts";
import { order, SimulatedBox, type Behaviour } from "./box.ts";
import { boardKinds, createBoard, type BoardKind } from "./boards.ts";
import { makeImage } from "./image.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { createChance, Power, type Chance } from "./power.ts";

/** When the power goes, counted from the start before it: at a durable change, or at a byte that is written. */
export type Cut = { at: "change" | "byte"; count: number };

/** One update of one box: how the new image behaves, when the power goes, how bad the network is (0 to 9). */
export type LifePlan = {
  seed: number;
  board: BoardKind;
  behaviour: Behaviour;
  cuts: readonly Cut[];
  flaky: number;
  /** Installed first, activated by an order of its own. */
  kept: boolean;
  /** Only what the box has not travels. */
  delta?: true;
};

/** How it went. `problem` is what must never be; `cuts` are those that came before the update was over. */
export type Life = {
  plan: LifePlan;
  cuts: Record<Cut["at"], number>;
  end: string;
  problem: string | undefined;
};

const behaviours: readonly Behaviour[] = ["healthy", "deaf", "crashing"];
const longestLife = 60;
const maximumMoreCuts = 4;

const version = "2.0.0";
const securityFloor = 3;
const images = new Map<string, Buffer>();
const measures = new Map<string, Promise<Record<Cut["at"], number>>>();

/** An image of a version as a kind of board takes it. */
export function boardImage(board: BoardKind, change: Parameters<typeof makeImage>[1] = {}): Buffer {
  const power = new Power(createChance(0));
  const files = createBoard(board, new MemoryDisk(power, createChance(0))).filesOf(version);
  return makeImage(version, { files, ...change });
}

/** How many durable changes, and bytes written, an undisturbed update to such an image makes. */
export async function measure(behaviour: Behaviour, board: BoardKind): Promise<Record<Cut["at"], number>> {
  const name = `${behaviour} ${board}`;
  const known = measures.get(name) ?? undisturbed(behaviour, board);
  measures.set(name, known);
  return await known;
}

async function undisturbed(behaviour: Behaviour, board: BoardKind): Promise<Record<Cut["at"], number>> {
  const box = await newBox({ seed: 1, board, behaviour, cuts: [], flaky: 0, kept: false });
  const { changes, bytes } = box.power;
  for (let boots = 0; boots < longestLife && (await box.boot()) !== "rest"; boots += 1);
  return { change: box.power.changes - changes, byte: box.power.bytes - bytes };
}

/**
 * The life that a seed stands for. Neighbouring seeds walk through every durable change of an update to each kind of
 * image, and through bytes anywhere; most are cut again later.
 */
export async function planLife(seed: number, board: BoardKind): Promise<LifePlan> {
  const chance = createChance(seed);
  const behaviour = behaviours[seed % behaviours.length] ?? "healthy";
  const size = await measure(behaviour, board);
  const round = Math.floor(seed / behaviours.length);
  const first: Cut =
    round % 2 === 0
      ? { at: "change", count: 1 + (Math.floor(round / 2) % size.change) }
      : { at: "byte", count: chance.below(size.byte) };
  const more = Array.from({ length: chance.below(maximumMoreCuts + 1) }, () => anywhere(chance, size));
  const flaky = chance.below(4);
  const kept = chance.below(4) === 0;
  const delta = chance.below(2) === 0;
  const plan = { seed, board, behaviour, cuts: [first, ...more], flaky, kept };
  return delta ? { ...plan, delta } : plan;
}

function anywhere(chance: Chance, size: Record<Cut["at"], number>): Cut {
  const at = chance.below(2) === 0 ? "change" : "byte";
  return { at, count: (at === "change" ? 1 : 0) + chance.below(size[at]) };
}

/** Lives the life that a seed stands for, on both kinds of board. Never rejects for a fault of the box. */
export async function livesOf(seed: number): Promise<Life[]> {
  const lives: Life[] = [];
  for (const board of boardKinds) lives.push(await live(await planLife(seed, board)));
  return lives;
}

/** Lives a life: update, cuts, starts, until the update's end is reported. */
export async function live(plan: LifePlan): Promise<Life> {
  const cuts = { change: 0, byte: 0 };
  const box = await newBox(plan);
  try {
    const problem = (await run(box, plan, cuts)) ?? (await judge(box, plan, cuts));
    return { plan, cuts, end: box.stored()?.state ?? "idle", problem };
  } catch (error) {
    const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { plan, cuts, end: "thrown", problem };
  }
}

/** A box that left the factory, with an update to come. */
export async function newBox({
  seed,
  board,
  behaviour,
  flaky,
  kept,
  delta,
}: LifePlan): Promise<SimulatedBox> {
  const name = `${board} ${delta ? "plain" : "packed"}`;
  const image =
    images.get(name) ?? boardImage(board, { manifest: { securityFloor }, ...(delta && { plain: delta }) });
  images.set(name, image);
  const box = new SimulatedBox(createChance(seed), image, board);
  box.behaviour = behaviour;
  box.flaky = flaky;
  box.delta = delta === true;
  if (kept) {
    box.order = { ...order, activate: false };
    box.activation = { commandKey: "activate-1", force: true };
  }
  await box.leaveFactory();
  return box;
}

async function run(
  box: SimulatedBox,
  plan: LifePlan,
  cuts: Record<Cut["at"], number>,
): Promise<string | undefined> {
  const left = [...plan.cuts];
  for (let boots = 0; boots < longestLife; boots += 1) {
    const next = left.shift();
    if (next?.at === "change") box.power.cutAfter(next.count);
    else if (next) box.power.cutAtByte(next.count);
    const end = await box.boot();
    box.power.restore();
    if (end === "cut" && next) {
      cuts[next.at] += 1;
      box.disk.crash();
      continue;
    }
    if (box.running.version === "no whole image")
      return `start ${boots} ran a slot that holds no whole image`;
    // An image that was kept is at rest until the next start asks for it.
    if (end === "rest" && box.stored()?.state !== "available") return undefined;
  }
  return `it never came to rest, last in ${JSON.stringify(box.stored())}`;
}

// A good image loses its trial to cuts only when they took all its starts.
async function judge(
  box: SimulatedBox,
  { behaviour, kept }: LifePlan,
  cuts: Record<Cut["at"], number>,
): Promise<string | undefined> {
  const end = box.stored();
  const report = box.reports.at(-1);
  const mustCommit = behaviour === "healthy" && cuts.change + cuts.byte < trialStarts;
  const committed = behaviour === "healthy" && end?.state === "committed";
  if (!committed && (mustCommit || end?.state !== "rolled-back"))
    return `an update to a ${behaviour} image ended ${JSON.stringify(end)}`;
  if (report?.commandKey !== (kept ? "activate-1" : "key-1"))
    return "its end was not reported with its command key";
  if (report.fault.code !== (committed ? 0 : 9018)) return `its end was reported as ${report.fault.code}`;
  const floor = await box.securityFloor();
  if (floor !== (committed ? securityFloor : 0)) return `the security floor is ${floor} at its end`;
  if (box.running.version !== (committed ? version : "1.0.0"))
    return `${box.running.version} runs at its end`;
  return undefined;
}
