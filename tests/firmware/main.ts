/** Firmware on QEMU's board, from U-Boot to a real ACS and a real registrar. `node tests/firmware/main.ts --help`. */
import { statSync, readFileSync, readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { join } from "node:path";
import { accessTrial } from "./access.ts";
import { imageTool, withFolder } from "./box.ts";
import { clockTrial } from "./clock.ts";
import { dataTrial, fullDiskTrial } from "./data.ts";
import { cutTrials } from "./cuts.ts";
import { firstBoot, type FirstBoot } from "./first-boot.ts";
import { describeFlashes, flashTrial, type FlashFigures, type FlashOrder } from "./flash.ts";
import { openImages, type TestImages } from "./images.ts";
import { otaTrials, type OtaFigures } from "./ota.ts";
import { rightsTrial } from "./rights.ts";
import { releaseTrials, type TravelFigures } from "./releases.ts";
import { safeModeTrial } from "./safe-mode.ts";
import { startTrials, type Trials } from "./trials.ts";
import { trustTrials } from "./trust.ts";
import { watchdogTrial } from "./watchdog.ts";

const help = `usage: node tests/firmware/main.ts [--twice] [--trust] [--board] [--ota | --short] [--releases] [--flash] [--flash-whole] [--cuts N] [--memory MIB,…] [--all] [--json]

Boots boxes in QEMU from U-Boot and says what went as it must. Images are built when they are needed, and kept until
something that goes into them changes.

  --twice       builds an image twice and compares
  --trust       disks that somebody tampered with: what is not signed must not run, the other slot must
  --board       what the agent may do, the clock, the watchdog, a damaged or full data partition
  --ota         updates over the air: to a good image, to broken ones, to refused ones
  --short       first boot, one update that is committed, one that is rolled back
  --releases    a box with a release root: what is not released is refused, what is travels in part
  --flash       a customer’s box with broken slots: opened by its ticket, backed up, flashed over the network, seen by the ACS; and
                over the console by the recovery image, with a power cut in it
  --flash-whole the same for a blank board, over the network, by the recovery image and over the console alone: an hour
  --cuts N      resets the box N times during updates: it must come back each time
  --memory M,…  a first boot with so many MiB, with figures
  --quick       larger images, built sooner: sizes are not those that are published
  --all         all of these: --twice --trust --board --ota --releases --flash --cuts 24 --memory 128,256
  --json        the figures as one JSON document at the end
Exit code: 0 nothing failed, 1 something did.`;

const { values } = parseArgs({
  options: {
    memory: { type: "string", default: "" },
    cuts: { type: "string", default: "0" },
    trust: { type: "boolean", default: false },
    twice: { type: "boolean", default: false },
    board: { type: "boolean", default: false },
    ota: { type: "boolean", default: false },
    short: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    releases: { type: "boolean", default: false },
    flash: { type: "boolean", default: false },
    "flash-whole": { type: "boolean", default: false },
    all: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

type Figures = {
  sizes: Record<string, number>;
  ota: OtaFigures;
  travelled: TravelFigures | undefined;
  flashed: FlashFigures[];
  boots: FirstBoot[];
};

if (values.help) console.log(help);
else {
  const trials = startTrials((words) => console.log(words));
  const figures = await withFolder(async (folder) => await run(folder, trials));
  if (values.json) console.log(JSON.stringify(figures));
  else describe(figures);
  console.log(`${trials.passed} passed, ${trials.failed} failed`);
  process.exitCode = trials.failed > 0 ? 1 : 0;
}

async function run(folder: string, trials: Trials): Promise<Figures> {
  const { all } = values;
  const images = openImages((words) => console.log(`      ${words}`), values.quick);
  const image = images.image("1.0.0");
  if (all || values.twice)
    await trials.trial("two builds are the same bytes", async () => assertSame(images, folder));
  if (all || values.trust) {
    const strangers = {
      otherKeys: images.strangersImage(),
      deadAgent: images.image("3.2.0", "agent ends at once"),
    };
    await trustTrials(image, strangers, trials);
  }
  if (all || values.board) await boardTrials(images, trials);
  let ota: OtaFigures = {};
  if (all || values.ota || values.short)
    ota = await otaTrials(images, join(folder, "ota"), trials, !all && !values.ota);
  const travelled =
    all || values.releases ? await releaseTrials(images, join(folder, "releases"), trials) : undefined;
  const flashed: FlashFigures[] = [];
  for (const order of flashOrders(all || values.flash, values["flash-whole"]))
    await trials.trial(
      `a ${order.board} board is opened, flashed (${order.way}) and at work`,
      async () =>
        void flashed.push(await flashTrial(images, join(folder, `flash-${order.board}-${order.way}`), order)),
    );
  await cutTrials(images, join(folder, "cuts"), trials, all ? 24 : Number(values.cuts));
  const boots: FirstBoot[] = [];
  for (const memory of (all ? "128,256" : values.memory).split(",").filter(Boolean))
    await trials.trial(`first boot with ${memory} MiB`, async () => {
      boots.push(await firstBoot(images, join(folder, `memory-${memory}`), Number(memory)));
    });
  const sizeOf = (path: string): number => statSync(join(image, path)).size;
  const sizes = { rootFileSystem: sizeOf("rootfs.img"), kernelFit: sizeOf("kernel.fit") };
  return { sizes, ota, travelled, flashed, boots };
}

function flashOrders(rescue: boolean, whole: boolean): FlashOrder[] {
  return [
    ...(rescue ? (["network", "recovery"] as const).map((way) => ({ board: "broken", way }) as const) : []),
    ...(whole
      ? (["network", "recovery", "serial"] as const).map((way) => ({ board: "blank", way }) as const)
      : []),
  ];
}

async function boardTrials(images: TestImages, { trial }: Trials): Promise<void> {
  const probed = images.probedImage();
  await trial("the agent may write its state and the other slot, and nothing else", () =>
    rightsTrial(probed),
  );
  await trial(
    "the clock is set by the network, and never goes back",
    async () => void (await clockTrial(probed)),
  );
  await trial("an agent that hangs is reset by the watchdog", () => watchdogTrial(probed));
  await trial("an agent that crashes thrice is kept within reach, without voice", () =>
    safeModeTrial(probed),
  );
  await trial("a damaged data partition is repaired or made anew", () => dataTrial(probed));
  await trial("the boot loader opens to a ticket for the box, and to nothing else", () =>
    accessTrial(probed, images.keyDir),
  );
  await trial("a full data partition is survived", () => fullDiskTrial(probed));
}

async function assertSame(images: TestImages, folder: string): Promise<void> {
  const one = images.image("1.0.0");
  const other = join(folder, "again");
  imageTool(
    "build",
    "--version",
    "1.0.0",
    "--key-dir",
    images.keyDir,
    "--agent",
    images.agent,
    "--out",
    other,
  );
  const differing = readdirSync(one).filter(
    (name) => !readFileSync(join(one, name)).equals(readFileSync(join(other, name))),
  );
  if (differing.length > 0) throw new Error(`they differ in: ${differing.join(", ")}`);
  await Promise.resolve();
}

function describe({ sizes, ota, travelled, flashed, boots }: Figures): void {
  const mb = (bytes: number | undefined): string => `${((bytes ?? 0) / 1e6).toFixed(1)} MB`;
  const seconds = (value: number | undefined): string => `${(value ?? 0).toFixed(1)} s`;
  console.log(`\nroot file system  ${mb(sizes["rootFileSystem"])}, kernel FIT ${mb(sizes["kernelFit"])}`);
  for (const line of describeFlashes(flashed)) console.log(line);
  if (ota.bundle !== undefined)
    console.log(
      `over the air      ${mb(ota.bundle)}; installed in ${seconds(ota.install)}, from order to committed ${seconds(ota.orderToCommitted)}`,
    );
  if (travelled)
    console.log(
      `another version   ${mb(travelled.fetched)} travel, ${mb(travelled.reused)} the box has already`,
    );
  for (const { memoryMiB, inform, registered, memory } of boots)
    console.log(
      `${String(memoryMiB).padStart(4)} MiB          Inform after ${seconds(inform)}, registered after ${seconds(registered)}; ` +
        `agent ${memory.resident} MiB resident, ${memory.available} of ${memory.total} MiB available`,
    );
}
