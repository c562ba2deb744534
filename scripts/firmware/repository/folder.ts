import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync } from "node:fs";
import { renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { decodeMetadata, type Metadata, type ReleaseRole } from "@tonalite/agent/core/release";
import { FirmwareToolError } from "../problem.ts";

/**
 * The folder of a release repository: `N.root.json`, `N.targets.json`, `N.snapshot.json` and `timestamp.json`, served as
 * they are; `drafts/` has what lacks signatures still. A file that stands there never changes, but for the timestamp.
 */
export type Folder = { dir: string };

const nameOf = (role: ReleaseRole, version: number): string =>
  role === "timestamp" ? "timestamp.json" : `${version}.${role}.json`;

/** The newest file of a role; undefined when there is none. */
export function newest<R extends ReleaseRole>({ dir }: Folder, role: R): Metadata<R> | undefined {
  const version = role === "timestamp" ? 1 : Math.max(0, ...versionsIn(dir, role));
  const path = join(dir, nameOf(role, version));
  return existsSync(path) ? decodeMetadata(role, readFileSync(path)) : undefined;
}

/** @throws FirmwareToolError when the folder is no repository */
export function required<R extends ReleaseRole>(folder: Folder, role: R): Metadata<R> {
  const found = newest(folder, role);
  if (!found)
    throw new FirmwareToolError(`${folder.dir} has no ${role}: is it a repository? (repository init)`);
  return found;
}

/** What lacks signatures, root before targets. */
export function drafts({ dir }: Folder): Metadata<"root" | "targets">[] {
  const folder = join(dir, "drafts");
  return (["root", "targets"] as const).flatMap((role) =>
    versionsIn(folder, role).map((version) =>
      decodeMetadata(role, readFileSync(join(folder, nameOf(role, version)))),
    ),
  );
}

export function saveDraft(
  { dir }: Folder,
  { role, signed }: Metadata<"root" | "targets">,
  bytes: Buffer,
): void {
  const folder = join(dir, "drafts");
  mkdirSync(folder, { recursive: true });
  replace(join(folder, nameOf(role, signed.version)), bytes);
}

/** Puts a file where it is served from; its draft is over. */
export function publish({ dir }: Folder, role: ReleaseRole, version: number, bytes: Buffer): string {
  const name = nameOf(role, version);
  replace(join(dir, name), bytes);
  rmSync(join(dir, "drafts", name), { force: true });
  return name;
}

/** Every file that is served. */
export function served({ dir }: Folder): Record<string, string> {
  const names = readdirSync(dir).filter((name) =>
    /^(?:\d+\.(?:root|targets|snapshot)|timestamp)\.json$/.test(name),
  );
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(dir, name), "utf8")]));
}

function versionsIn(folder: string, role: ReleaseRole): number[] {
  if (!existsSync(folder)) return [];
  const pattern = new RegExp(`^(\\d+)\\.${role}\\.json$`);
  return readdirSync(folder).flatMap((name) => {
    const version = pattern.exec(name)?.[1];
    return version === undefined ? [] : [Number(version)];
  });
}

// The old content or the new, never half of it: devices may be reading.
function replace(path: string, bytes: Buffer): void {
  const file = openSync(`${path}.next`, "w", 0o644);
  try {
    writeSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.next`, path);
}
