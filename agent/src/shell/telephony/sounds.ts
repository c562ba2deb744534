import type { RegionProfile } from "@tonalite/device-profiles";
import { readSoundFile, restoreSounds, withSounds } from "../../core/provisioning/index.ts";
import type { SoundKind, Sounds } from "../../core/provisioning/index.ts";
import type { KeyValueStore } from "../../core/ports.ts";
import type { Log } from "../logging.ts";

const key = "sounds";

export type SoundPlan = {
  /** The region as the subscriber hears it; the same object until a file changes it. */
  readonly of: (region: RegionProfile) => RegionProfile;
  /**
   * Takes a file for the region in force: durable when it returns, heard from the next tone or ring on.
   * @returns why nothing changed
   */
  take(kind: SoundKind, bytes: Uint8Array, region: string): string | undefined;
};

/**
 * The tones and rings that management put in place of the region's (TR-069 A.3.2.8, file types 4 and 5), kept in the
 * store, which a factory reset empties.
 * @param onChange called after a file was taken
 */
export function openSounds(
  values: KeyValueStore,
  regions: ReadonlyMap<string, RegionProfile>,
  onChange: () => void,
  log: Log,
): SoundPlan {
  let sounds: Sounds | undefined;
  const kept = values.get(key);
  if (kept !== undefined) {
    const restored = restoreSounds(kept, regions);
    if ("sounds" in restored) sounds = restored.sounds;
    else log.warn(restored, "the sounds that management sent cannot be used; the region's are played");
  }
  let heard: { of: RegionProfile; region: RegionProfile } | undefined;
  return {
    of(region) {
      if (heard?.of !== region) heard = { of: region, region: withSounds(region, sounds) };
      return heard.region;
    },
    take(kind, bytes, id) {
      const region = regions.get(id);
      if (region === undefined) return `region: "${id}" is not known`;
      const text = textOf(bytes);
      if (text === undefined) return "it is not UTF-8 text";
      const read = readSoundFile(kind, text, region, sounds);
      if ("problem" in read) return read.problem;
      values.set(key, read.sounds);
      ({ sounds } = read);
      heard = undefined;
      log.info({ kind, region: id }, "new sounds are played from now on");
      onChange();
      return undefined;
    },
  };
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
