import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { FirmwareImage, Update } from "@tonalite/acs/api";
import { AcsApiError } from "@tonalite/scripts/demo";
import { hashPartition, readState } from "./disk.ts";
import type { TestImages } from "./images.ts";
import { openLaboratory, type Laboratory, type LaboratoryBox } from "./laboratory.ts";
import type { Trials } from "./trials.ts";

const first = "1.0.0";
const second = "2.0.0";
const smallMemoryMiB = 128;
// “failed” is the ACS's own word where the TransferComplete overtakes the journal.
const ends = new Set(["committed", "rolled-back", "rejected", "failed"]);

const firstBootTrial = "first boot: Inform and registered line";
const goodUpdateTrial = `update from ${first} to ${second}: committed`;

/** What was measured on the way, in seconds and bytes. */
export type OtaFigures = { bundle?: number; install?: number; orderToCommitted?: number };

/**
 * Updates one box over the air, ordered through the ACS: to a good image, to broken ones, to refused ones.
 * @param short first boot, one update that is committed and one that is rolled back
 */
export async function otaTrials(
  images: TestImages,
  folder: string,
  { trial }: Trials,
  short: boolean,
): Promise<OtaFigures> {
  const figures: OtaFigures = {};
  const broken = short ? faults.slice(0, 1) : faults;
  // Before the clock runs: builds hold everything else up.
  images.bundle(second);
  for (const { bundle } of [...broken, ...(short ? [] : refusals)]) bundle(images);
  const laboratory = await openLaboratory(folder, images.carelessTrust, images.trust);
  try {
    const box = await laboratory.makeBox(images.image(first));
    const context = { laboratory, box, images, folder };
    const isUp = await trial(firstBootTrial, async () => {
      await box.powerUp();
      await box.works(first);
    });
    if (!isUp) return figures;
    if (!short) {
      for (const refusal of refusals) await trial(refusal.name, () => refused(context, refusal));
      await acsRefusals(context, trial);
    }
    const isUpdated = await trial(goodUpdateTrial, async () => {
      const image = await laboratory.upload(images.bundle(second));
      const started = performance.now();
      figures.bundle = image.size;
      const end = await updateTo(box, image);
      figures.orderToCommitted = (performance.now() - started) / 1000;
      assert.equal(end.state, "committed", end.reason ?? "");
      assert.equal(end.fault, null);
      figures.install = await installSeconds(box);
      await box.works(second);
      await box.sees("both slots as they are", async () => {
        const { slots } = (await box.device()).firmware;
        const seen = slots.map(({ name, version, status, active }) => ({ name, version, status, active }));
        const [a, b] = seen;
        return a?.version === first && a.status === "Available" && b?.version === second && b.active
          ? true
          : undefined;
      });
      await startsLeft(box, { first: "B", left: { A: 3, B: 3 } });
    });
    if (!isUpdated) return figures;
    for (const fault of broken) await trial(fault.name, () => rolledBack(context, fault));
    if (!short) {
      await box.powerOff();
      await trial(`update with ${smallMemoryMiB} MiB from ${first} to ${second}: committed`, () =>
        updatesSmall(context),
      );
    }
    return figures;
  } finally {
    await laboratory.stop();
  }
}

type Context = { laboratory: Laboratory; box: LaboratoryBox; images: TestImages; folder: string };

async function updatesSmall({ laboratory, images }: Context): Promise<void> {
  const box = await laboratory.makeBox(images.image(first), { serial: "SMALL", memoryMiB: smallMemoryMiB });
  await box.powerUp();
  await box.works(first);
  const end = await updateTo(box, await laboratory.upload(images.bundle(second)));
  assert.equal(end.state, "committed", end.reason ?? "");
  await box.works(second);
  await startsLeft(box, { first: "B", left: { A: 3, B: 3 } });
}

async function updateTo(box: LaboratoryBox, image: FirmwareImage): Promise<Update> {
  const { id } = await box.order(image);
  return await box.sees(
    "the end of the update",
    async () => {
      const update = await box.update(id);
      return ends.has(update.state) && (update.state === "committed" || update.fault !== null)
        ? update
        : undefined;
    },
    900,
  );
}

// By the box's own clock, from its records.
async function installSeconds(box: LaboratoryBox): Promise<number> {
  const times = new Map<unknown, number>();
  for (const { kind, occurredAt, data } of await box.journal())
    if (kind === "update") times.set(data["state"], Date.parse(occurredAt));
  return ((times.get("activating") ?? NaN) - (times.get("installing") ?? NaN)) / 1000;
}

type Broken = { name: string; bundle: (images: TestImages) => string; reason: RegExp };

const faults: readonly Broken[] = [
  {
    name: "image whose agent ends at once: rolled back",
    bundle: (images) => images.bundle("3.2.0", "agent ends at once"),
    reason: /the agent ended with code 3/,
  },
  {
    name: "root file system that its kernel does not know (the kernel panics): rolled back",
    bundle: (images) => images.forged("3.0.0, tampered root", { version: "3.0.0", tamperedRoot: true }),
    reason: /did not confirm itself in 3 starts/,
  },
  {
    name: "image whose kernel panics once it runs: rolled back",
    bundle: (images) => images.bundle("3.1.0", "panics"),
    reason: /did not confirm itself in 3 starts/,
  },
  {
    name: "image whose line does not register: rolled back",
    bundle: (images) => images.bundle("3.3.0", "line does not register"),
    reason: /line 1 is not registered again/,
  },
];

/** The names of the short form's trials. */
export const shortTrials: readonly string[] = [
  firstBootTrial,
  goodUpdateTrial,
  ...faults.slice(0, 1).map(({ name }) => name),
];

// A start is counted before it begins, and given back after a minute of life.
async function startsLeft(box: LaboratoryBox, expected: ReturnType<typeof readState>): Promise<void> {
  await box.sees(
    `the boot state ${JSON.stringify(expected)}`,
    async () => (await Promise.resolve(isDeepStrictEqual(readState(box.disk), expected))) || undefined,
    120,
  );
}

async function rolledBack({ laboratory, box, images }: Context, fault: Broken): Promise<void> {
  const image = await laboratory.upload(fault.bundle(images));
  const end = await updateTo(box, image);
  assert.match(end.state, /^(rolled-back|failed)$/, end.reason ?? "");
  assert.match(end.reason ?? "", fault.reason);
  assert.match(end.fault?.message ?? "", /rolled back/);
  await box.works(second);
  await startsLeft(box, { first: "B", left: { A: 0, B: 3 } });
  await box.sees("the slot that failed", async () => {
    const failed = (await box.device()).firmware.slots.find(({ name }) => name === "a");
    return failed?.status === "ActivationFailed" ? true : undefined;
  });
}

type Refusal = {
  name: string;
  bundle: (images: TestImages) => string;
  /** What lies in the ACS's store instead, put there by somebody after the ACS had checked it. */
  swapped?: (images: TestImages, folder: string) => string;
  reason: RegExp;
};

const refusals: readonly Refusal[] = [
  {
    name: "signed by somebody the box does not know: refused",
    bundle: (images) => images.forged("2.1.0, stranger", { version: "2.1.0", stranger: true }),
    reason: /no trusted key/,
  },
  {
    name: "bundle changed on its way: refused",
    bundle: (images) => images.bundle(second),
    swapped: (images, folder) => {
      const file = join(folder, "changed.img");
      const bytes = readFileSync(images.bundle(second));
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 100_000) ^ 1, bytes.length - 100_000);
      writeFileSync(file, bytes);
      return file;
    },
    reason: /do not fit its signed header/,
  },
  {
    name: "downgrade: refused by the box",
    bundle: (images) => images.bundle(second),
    swapped: (images) => images.forged("0.9.0", { version: "0.9.0" }),
    reason: /0\.9\.0 is older than the running 1\.0\.0/,
  },
  {
    name: "image of another board: refused by the box",
    bundle: (images) => images.bundle(second),
    swapped: (images) => images.forged("other board", { version: "2.2.0", hardware: "virtual/sim" }),
    reason: /the image is for virtual\/sim/,
  },
];

async function refused(context: Context, refusal: Refusal): Promise<void> {
  const { laboratory, box, images, folder } = context;
  const before = inUse(box);
  const image = await laboratory.upload(refusal.bundle(images));
  const stored = join(folder, "acs/firmware", `${image.sha256}.img`);
  const good = readFileSync(stored);
  assert.equal(createHash("sha256").update(good).digest("hex"), image.sha256);
  if (refusal.swapped) copyFileSync(refusal.swapped(images, folder), stored);
  try {
    const end = await updateTo(box, image);
    assert.match(end.state, /^(rejected|failed)$/, end.reason ?? "");
    assert.match(end.reason ?? "", refusal.reason);
    await box.works(first);
    assert.deepEqual(inUse(box), before);
  } finally {
    writeFileSync(stored, good);
  }
}

/** The ACS itself refuses what it can see: a downgrade, an image of another board. */
async function acsRefusals({ laboratory, box, images }: Context, trial: Trials["trial"]): Promise<void> {
  const refuses = async (bundle: string, words: RegExp): Promise<void> => {
    const image = await laboratory.upload(bundle);
    await assert.rejects(box.order(image), (error) => {
      assert.ok(error instanceof AcsApiError);
      assert.match(error.message, words);
      return true;
    });
  };
  await trial("downgrade: refused by the ACS", () =>
    refuses(images.forged("0.9.0", { version: "0.9.0" }), /older/),
  );
  await trial("image of another board: refused by the ACS", () =>
    refuses(images.forged("other board", { version: "2.2.0", hardware: "virtual/sim" }), /virtual\/sim/),
  );
}

function inUse({ disk }: LaboratoryBox): object {
  const { first: starts } = readState(disk);
  return { starts, kernel: hashPartition(disk, "kernel_a"), rootfs: hashPartition(disk, "rootfs_a") };
}
