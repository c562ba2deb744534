import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import * as z from "zod";
import { factoryBootState, type BootState } from "../../core/update/index.ts";
import { replaceFile, type Disk } from "../update/disk.ts";
import { slotFolder } from "../update/slots.ts";
import { writeBootRecord } from "./boot-record.ts";
import { UsageError } from "./flags.ts";

/** What the factory writes into a box and nothing changes later: `<state>/factory/identity.json`. */
export const identity = z.object({
  oui: z.string().regex(/^[0-9A-F]{6}$/),
  serial: z.string().min(1).max(64),
  productClass: z.string().min(1).max(64),
  profile: z.string().min(1).max(100),
});
export type Identity = z.infer<typeof identity>;

const imageInfo = z.object({ product: z.string(), version: z.string() });

/**
 * The box's identity, made on its first start.
 * @throws UsageError when a flag contradicts what the factory wrote, or the profile does not exist
 */
export async function settleIdentity(
  disk: Disk,
  stateFolder: string,
  image: string,
  asked: { serial?: string | undefined; profile?: string | undefined },
): Promise<Identity> {
  const path = join(stateFolder, "factory/identity.json");
  const stored = await disk.read(path);
  if (stored) {
    const known = parse(identity, stored, path);
    for (const name of ["serial", "profile"] as const)
      if (asked[name] !== undefined && asked[name] !== known[name])
        throw new UsageError(
          `--${name} ${asked[name]}: the box in ${stateFolder} was made with ${known[name]}`,
        );
    return known;
  }
  const made = await makeIdentity(disk, image, asked.serial, asked.profile ?? "virtual/sim");
  await disk.makeFolder(join(stateFolder, "factory/trust"));
  await replaceFile(disk, path, Buffer.from(`${JSON.stringify(made, null, 2)}\n`));
  await disk.syncFolder(stateFolder);
  return made;
}

async function makeIdentity(
  disk: Disk,
  image: string,
  serial: string | undefined,
  profile: string,
): Promise<Identity> {
  const folder = join(image, "device-profiles/hardware");
  const bytes = await disk.read(join(folder, `${profile}.json`));
  if (!bytes) {
    const known = (await disk.list(folder)).map((name) => name.replace(/\.json$/, ""));
    throw new UsageError(`--profile ${profile} is not known; there are: ${known.join(", ")}`);
  }
  const { oui, productClass } = parse(identity.pick({ oui: true, productClass: true }), bytes, profile);
  return { oui, productClass, profile, serial: serial ?? randomBytes(6).toString("hex").toUpperCase() };
}

/** The version of the image in a folder; undefined when there is no complete one. */
export async function imageVersion(disk: Disk, folder: string): Promise<string | undefined> {
  const bytes = await disk.read(join(folder, "image.json"));
  const agent = await disk.list(folder);
  if (!bytes || !agent.includes("agent.mjs")) return undefined;
  return parse(imageInfo, bytes, folder).version;
}

/**
 * Copies the factory's image into slot a and commits it. The boot record comes last: a power cut before it begins anew.
 * @throws UsageError when there is no image
 */
export async function installFactoryImage(
  disk: Disk,
  stateFolder: string,
  image: string,
  securityFloor: number,
): Promise<BootState> {
  if ((await imageVersion(disk, image)) === undefined)
    throw new UsageError(`${image} holds no image: build the agent first (scripts/setup ata)`);
  const slot = slotFolder(stateFolder, "a");
  await disk.remove(slot);
  await disk.makeFolder(slot);
  const folders = new Set([slot, dirname(slot), stateFolder]);
  for (const name of await disk.list(image)) {
    const path = join(slot, name);
    for (let folder = dirname(path); folder !== slot; folder = dirname(folder)) folders.add(folder);
    await disk.makeFolder(dirname(path));
    await copy(disk, join(image, name), path);
  }
  for (const folder of folders) await disk.syncFolder(folder);
  const record = factoryBootState(securityFloor);
  await writeBootRecord(disk, stateFolder, record);
  return record;
}

async function copy(disk: Disk, from: string, to: string): Promise<void> {
  const bytes = await disk.read(from);
  if (!bytes) throw new Error(`${from} vanished while it was copied`);
  const file = await disk.open(to, "create", /\.(?:so|node)$|\/tonalite-probe$/.test(to) ? 0o755 : 0o644);
  try {
    await file.write(bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

function parse<T>(schema: z.ZodType<T>, bytes: Uint8Array, name: string): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  } catch (cause) {
    throw new Error(`${name} is damaged`, { cause });
  }
}
