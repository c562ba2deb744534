import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ReleaseCheck } from "./options.ts";
import type { ReleaseOptions } from "./release.ts";

/** What a box says of its release trust before it asked: the value of Device.X_TONALITE_Update.ReleaseTrust. */
export type ReleaseGate = { check: ReleaseCheck | undefined; words: string };

/**
 * The release check of a box that has a root, loaded when the first image is judged: most days none is. A box that never
 * had a root trusts the images' own signatures alone; one whose root is gone takes nothing.
 */
export function openReleaseGate(options: ReleaseOptions): ReleaseGate {
  const hasRoot = existsSync(options.factoryRoot);
  const hadRoot = existsSync(join(options.folder, "release.json"));
  if (!hasRoot && !hadRoot) return { check: undefined, words: "no release root: image signatures only" };
  const load = async (): Promise<ReleaseCheck> => (await import("./release.ts")).createReleaseCheck(options);
  const check: ReleaseCheck = {
    judge: async (offered) => await (await load()).judge(offered),
    judgeKept: async (kept, by) => await (await load()).judgeKept(kept, by),
  };
  return { check, words: hasRoot ? "release root, not asked yet" : "the release root is gone" };
}
