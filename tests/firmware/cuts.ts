import type { TestImages } from "./images.ts";
import { openLaboratory, pause, type LaboratoryBox } from "./laboratory.ts";
import type { Trials } from "./trials.ts";

const first = "1.0.0";
const second = "2.0.0";

/** When somebody presses reset: what the console says of an update, and up to how long after it. */
type Moment = { name: string; sign: RegExp; withinMs: number };

// A reset may come a step later than meant: the next one is then looked for from there, or comes to a box that is through.
const through = '"slot":"b","trial":false|"state":"rolled-back"';
const steps = ["downloading", "verifying", "installing", "activating", "trial"];
const from = (step: string): RegExp =>
  new RegExp(`"state":"(${steps.slice(steps.indexOf(step)).join("|")})"|"trial":true|${through}`);

const moments = {
  download: { name: "the download", sign: from("downloading"), withinMs: 4000 },
  install: { name: "the installation", sign: from("installing"), withinMs: 10_000 },
  environment: { name: "the change of the boot state", sign: from("activating"), withinMs: 300 },
  trial: { name: "the trial", sign: new RegExp(`boot: slot=B|"trial":true|${through}`), withinMs: 10_000 },
} satisfies Record<string, Moment>;
type MomentName = keyof typeof moments;

// Each box is reset at these moments of its one update, one after the other. The last one may lose all its trial's starts.
const lives: readonly (readonly MomentName[])[] = [
  ["download", "install", "environment", "trial"],
  ["install", "install", "environment", "trial", "trial"],
  ["environment", "install", "trial", "trial"],
  ["download", "download", "install", "install", "environment"],
  ["install", "environment", "trial", "trial", "trial"],
];

/** Resets boxes at least so many times while they update; each time a good image must start, be managed, and telephone. */
export async function cutTrials(
  images: TestImages,
  folder: string,
  trials: Trials,
  cuts: number,
): Promise<void> {
  if (cuts === 0) return;
  const bundleFile = images.bundle(second);
  const laboratory = await openLaboratory(folder, images.trust);
  let done = 0;
  try {
    const bundle = await laboratory.upload(bundleFile);
    for (let life = 1; done < cuts; life += 1) {
      const plan = lives[(life - 1) % lives.length] ?? [];
      // The smallest memory and the usual one, in turns.
      const memoryMiB = life % 2 === 1 ? 128 : 256;
      const box = await laboratory.makeBox(images.image(first), { serial: `CUT${life}`, memoryMiB });
      let goesOn = await trials.trial(`box ${life} before its update`, async () => {
        await box.powerUp();
        await box.works(first);
        await box.order(bundle);
      });
      for (const name of plan) {
        done += 1;
        goesOn &&= await trials.trial(`reset ${done}, box ${life}: during ${moments[name].name}`, () =>
          cut(box, moments[name]),
        );
      }
      if (goesOn)
        await trials.trial(`box ${life} after ${plan.length} resets`, () => ended(box, mayFallBack(plan)));
      await box.powerOff();
    }
  } finally {
    await laboratory.stop();
  }
}

// Each start of a trial counts when it begins, and there are three. From the change of the boot state on, any reset may be one.
const mayFallBack = (plan: readonly MomentName[]): boolean =>
  plan.length - plan.findIndex((moment) => moment === "environment" || moment === "trial") >= 3;

async function cut(box: LaboratoryBox, { sign, withinMs }: Moment): Promise<void> {
  const console = box.console();
  await console.line(sign, 240_000);
  await pause(Math.random() * withinMs);
  const since = new Date().toISOString();
  await box.reset();
  await console.line(/boot: slot=[AB]/, 60_000);
  await box.isBack(since);
}

async function ended(box: LaboratoryBox, mayFallBack: boolean): Promise<void> {
  const version = await box.sees(
    "the end of the update",
    async () => {
      const { state } = (await box.device()).firmware.update ?? {};
      if (state === "committed") return second;
      return state === "rolled-back" ? first : undefined;
    },
    600,
  );
  if (version === first && !mayFallBack) throw new Error("the good image was rolled back");
  await box.works(version);
}
