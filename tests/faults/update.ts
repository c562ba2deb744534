import { livesOf, type Life } from "@tonalite/agent/faults";

type Row = {
  image: string;
  slots: string;
  lives: number;
  changeCuts: number;
  byteCuts: number;
  committed: number;
  rolledBack: number;
  failures: number;
};

const progressEveryMs = 2000;
// Words for the first failures only: a fault in the ground would fill the terminal.
const maximumWords = 10;
// Lives at the same time: each waits for timers most of its life, and none shares anything with another.
const atOnce = 16;

/** Updates simulated boxes and cuts their power, until so many cuts have been. @returns whether nothing failed. */
export async function updateFaults(options: { cuts: number; seed: number; json: boolean }): Promise<boolean> {
  const { cuts: wanted, json } = options;
  const rows = new Map<string, Row>();
  const failed: Life[] = [];
  const started = performance.now();
  let seed = options.seed;
  let cuts = 0;
  let told = started;

  const oneAfterTheOther = async (): Promise<void> => {
    // At least one life: `--cuts 1` repeats the one of its seed.
    while (cuts < wanted || seed === options.seed) {
      for (const life of await livesOf(seed++)) {
        cuts += life.cuts.change + life.cuts.byte;
        count(rows, life);
        if (life.problem === undefined) continue;
        failed.push(life);
        if (!json && failed.length <= maximumWords) console.error(wordsOf(life));
      }
      if (json || performance.now() - told < progressEveryMs) continue;
      told = performance.now();
      console.log(`${cuts} of ${wanted} cuts, ${failed.length} failures, next seed ${seed}`);
    }
  };
  const lanes = wanted <= atOnce ? 1 : atOnce;
  await Promise.all(Array.from({ length: lanes }, oneAfterTheOther));

  const seconds = (performance.now() - started) / 1000;
  if (json) {
    const failures = failed.map(({ plan, end, problem }) => ({ ...plan, end, problem }));
    console.log(JSON.stringify({ cuts, failures, seconds, images: [...rows.values()] }, null, 2));
  } else {
    printTable([...rows.values()]);
    console.log(`${seconds.toFixed(1)} s, seeds ${options.seed} to ${seed - 1}`);
    console.log(`${cuts} cuts, ${failed.length} failures`);
  }
  return failed.length === 0;
}

function count(rows: Map<string, Row>, { plan, cuts, end, problem }: Life): void {
  const none = { lives: 0, changeCuts: 0, byteCuts: 0, committed: 0, rolledBack: 0, failures: 0 };
  const name = `${plan.behaviour} ${plan.board}`;
  const row = rows.get(name) ?? { image: plan.behaviour, slots: plan.board, ...none };
  row.lives += 1;
  row.changeCuts += cuts.change;
  row.byteCuts += cuts.byte;
  row.committed += end === "committed" ? 1 : 0;
  row.rolledBack += end === "rolled-back" ? 1 : 0;
  row.failures += problem === undefined ? 0 : 1;
  rows.set(name, row);
}

function wordsOf({ plan, problem }: Life): string {
  const cuts = plan.cuts.map(({ at, count }) => `${at} ${count}`).join(", ");
  return [
    `FAILED seed ${plan.seed}: a ${plan.behaviour} image in ${plan.board}, cut at ${cuts}: ${problem ?? ""}`,
    `  repeat it: npm run faults -- update --cuts 1 --seed ${plan.seed}`,
  ].join("\n");
}

function printTable(rows: readonly Row[]): void {
  const columns: [string, (row: Row) => string | number][] = [
    ["new image", ({ image }) => image],
    ["slots", ({ slots }) => slots],
    ["updates", ({ lives }) => lives],
    ["cuts at changes", ({ changeCuts }) => changeCuts],
    ["cuts at bytes", ({ byteCuts }) => byteCuts],
    ["committed", ({ committed }) => committed],
    ["rolled back", ({ rolledBack }) => rolledBack],
    ["failures", ({ failures }) => failures],
  ];
  console.log(columns.map(([title]) => title.padStart(15)).join(""));
  for (const row of rows) console.log(columns.map(([, cell]) => String(cell(row)).padStart(15)).join(""));
}
