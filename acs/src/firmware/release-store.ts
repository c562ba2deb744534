import { join } from "node:path";
import {
  decodeMetadata,
  decodeRelease,
  encodeRelease,
  factoryRelease,
  listedImages,
  refreshRelease,
  ReleaseError,
  releaseRoles,
  signersOf,
  type CurrentRelease,
  type Metadata,
  type ReleaseRole,
  type TrustedRelease,
} from "@tonalite/agent/core/release";
import type { Kysely } from "kysely";
import { ApiProblem } from "../api/problem.ts";
import { releaseFileName, type Release } from "../api/schemas.ts";
import { appendAudit } from "../audit/audit.ts";
import type { Database } from "../store/database.ts";
import { releaseCrypto as crypto } from "./release-crypto.ts";
import { readIfThere, storeFiles } from "./release-files.ts";

export type ReleaseStore = {
  /**
   * Takes the files of a repository once a device that trusts this ACS's root would believe them.
   * @throws ApiProblem `conflict` (no root), `unprocessable` (not to be believed, in words)
   */
  publish(files: Readonly<Record<string, string>>, by: string): Promise<Release>;
  /** What is served, who signed it, and how long it is good. */
  describe(): Promise<Release>;
  /**
   * Lets an image through that devices with this ACS's root would take now; any, where the ACS has no root.
   * @throws ApiProblem `unprocessable` with what makes it released; `conflict` when the root cannot be read
   */
  requireReleased(image: { version: string; sha256: string }): Promise<void>;
  /** A file as devices get it. */
  file(name: string): Promise<Buffer | undefined>;
};

const recordName = "believed.json";

/** Opens the release metadata in `<dataDir>/release`; its first root is `<dataDir>/trust/root.json`. No key lies here. */
export function openReleaseStore(
  db: Kysely<Database>,
  dataDir: string,
  now: () => Date = () => new Date(),
): ReleaseStore {
  const folder = join(dataDir, "release");
  let last: Promise<unknown> = Promise.resolve();

  const believed = async (factoryRoot: Metadata<"root">): Promise<TrustedRelease> => {
    const bytes = await readIfThere(folder, recordName);
    return (bytes && decodeRelease(parse(bytes))) ?? factoryRelease(factoryRoot);
  };

  const describe = async (): Promise<Release> => {
    const factoryRoot = await firstRoot(dataDir);
    return factoryRoot ? describeRelease(await believed(factoryRoot), now()) : nothing;
  };

  const take = async (files: ReadonlyMap<string, Buffer>, by: string): Promise<Release> => {
    const factoryRoot = await firstRoot(dataDir);
    if (!factoryRoot)
      throw new ApiProblem(
        "conflict",
        "This ACS has no release root yet, so it can believe no release.",
        "Put the repository's 1.root.json into the folder trust of the ACS's data folder, as root.json.",
      );
    const trusted = await believed(factoryRoot);
    const used = new Map<string, Buffer>(rootsOf(files));
    const { state, current } = await judge(
      { trusted, factoryRoot, crypto, now: now().toISOString() },
      async (name) => {
        const bytes = files.get(name) ?? (await readIfThere(folder, name));
        if (bytes) used.set(name, bytes);
        return bytes;
      },
    );
    const record = Buffer.from(JSON.stringify(encodeRelease(state)));
    const stamp = used.get("timestamp.json");
    used.delete("timestamp.json");
    const last: [string, Buffer][] = stamp ? [["timestamp.json", stamp]] : [];
    await storeFiles(folder, [...used, ...last, [recordName, record]]);
    await note(db, trusted, current, by);
    return describeRelease(state, now());
  };

  return {
    async publish(files, by) {
      const named = new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)]));
      const mine = last.then(async () => await take(named, by));
      last = mine.catch(() => undefined);
      return await mine;
    },
    describe,
    async requireReleased(image) {
      refuseUnreleased(await describe(), image);
    },
    file: async (name) => (releaseFileName.test(name) ? await readIfThere(folder, name) : undefined),
  };
}

type JudgeOptions = Parameters<typeof refreshRelease>[0];

/** The workflow of a device, over the files that somebody brought. */
async function judge(
  options: JudgeOptions,
  read: (name: string) => Promise<Buffer | undefined>,
): Promise<{ state: TrustedRelease; current: CurrentRelease }> {
  let state = options.trusted;
  try {
    const workflow = refreshRelease(options);
    for (let step = workflow.next(); ;) {
      if (step.done === true) return { state, current: step.value };
      if (step.value.do === "keep") state = step.value.release;
      step = workflow.next(step.value.do === "fetch" ? await read(step.value.file) : undefined);
    }
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    throw new ApiProblem(
      "unprocessable",
      `Devices would not believe this: ${error.message}.`,
      "Sign and refresh the repository, and publish all of its files.",
    );
  }
}

// Devices that were away long go through every root: also through those before this ACS's own.
function rootsOf(files: ReadonlyMap<string, Buffer>): [string, Buffer][] {
  return [...files].filter(([name, bytes]) => {
    const version = /^(\d+)\.root\.json$/.exec(name)?.[1];
    if (version === undefined) return false;
    try {
      return decodeMetadata("root", bytes).signed.version === Number(version);
    } catch (error) {
      if (error instanceof ReleaseError) return false;
      throw error;
    }
  });
}

async function firstRoot(dataDir: string): Promise<Metadata<"root"> | undefined> {
  const bytes = await readIfThere(join(dataDir, "trust"), "root.json");
  if (!bytes) return undefined;
  try {
    return decodeMetadata("root", bytes);
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    throw new ApiProblem(
      "conflict",
      `trust/root.json is no release root: ${error.message}.`,
      "Put the repository's first root there.",
    );
  }
}

async function note(
  db: Kysely<Database>,
  before: TrustedRelease,
  { root, timestamp, targets }: CurrentRelease,
  by: string,
): Promise<void> {
  if (before.timestamp?.signed.version === timestamp.signed.version) return;
  const detail = {
    root: root.signed.version,
    timestamp: timestamp.signed.version,
    targets: targets.signed.version,
    images: listedImages(targets)
      .map(({ name }) => name)
      .slice(0, 100),
    signers: signersOf(targets, root.signed.roles.targets, root.signed, crypto),
  };
  await db.transaction().execute(async (transaction) => {
    await appendAudit(transaction, { actor: by, action: "publish-release", detail });
  });
}

const nothing: Release = { trusted: false, roles: [], images: [], expiresAt: null, problem: null };

function describeRelease(release: TrustedRelease, now: Date): Release {
  const { root } = release;
  const files = releaseRoles.flatMap((role): Metadata<ReleaseRole>[] => {
    const metadata = release[role];
    return metadata ? [metadata] : [];
  });
  const roles = files.map((metadata) => ({
    role: metadata.role,
    version: metadata.signed.version,
    expires: metadata.signed.expires,
    threshold: root.signed.roles[metadata.role].threshold,
    signers: signersOf(metadata, root.signed.roles[metadata.role], root.signed, crypto),
  }));
  const [first] = roles.toSorted((a, b) => Date.parse(a.expires) - Date.parse(b.expires));
  const images = release.targets
    ? listedImages(release.targets).map(({ name, length, sha256, image }) => ({
        name,
        version: image.version,
        hardware: image.hardware,
        size: length,
        sha256,
      }))
    : [];
  return {
    trusted: true,
    roles,
    images,
    expiresAt: first?.expires ?? null,
    problem: problemOf(release, first, now),
  };
}

function problemOf(
  release: TrustedRelease,
  first: { role: string; expires: string } | undefined,
  now: Date,
): string | null {
  if (!release.targets) return "Nothing is published yet: devices with a release root take no update.";
  if (!first || Date.parse(first.expires) > now.getTime()) return null;
  return `The ${first.role} expired at ${first.expires}: devices with a release root take no update until it is signed anew.`;
}

function refuseUnreleased(
  { trusted, images, problem }: Release,
  { version, sha256 }: { version: string; sha256: string },
): void {
  if (!trusted) return;
  if (images.length > 0 && problem !== null)
    throw new ApiProblem(
      "unprocessable",
      problem,
      "Sign the repository anew (npm run firmware -- repository refresh …) and publish it.",
    );
  if (images.some((image) => image.sha256 === sha256)) return;
  throw new ApiProblem(
    "unprocessable",
    `No current release lists version ${version}: devices with a release root would refuse it.`,
    "List the image (npm run firmware -- repository add …) and publish the repository.",
  );
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}
