import { readFileSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { z } from "zod";
import { hardwareProfile, providerProfile, regionProfile } from "./schema.ts";
import type { Profiles } from "./schema.ts";

/** A profile file that cannot be used; the message names the file, the field and what is wrong with it. */
export class ProfileError extends Error {
  override readonly name = "ProfileError";
  readonly file: string;
  constructor(file: string, problem: string, options?: ErrorOptions) {
    super(`${file}: ${problem}`, options);
    this.file = file;
  }
}

const shipped = join(import.meta.dirname, "..");

/**
 * Reads every profile below `directory` (default: those shipped with the product).
 * @throws ProfileError for the first file that is not JSON, breaks its schema, or whose id is not its path.
 */
export function loadProfiles(directory: string = shipped): Profiles {
  return {
    hardware: loadFolder(directory, "hardware", hardwareProfile),
    providers: loadFolder(directory, "providers", providerProfile),
    regions: loadFolder(directory, "regions", regionProfile),
  };
}

function loadFolder<T extends { id: string }>(
  directory: string,
  folder: string,
  schema: z.ZodType<T>,
): Map<string, T> {
  const root = join(directory, folder);
  const profiles = new Map<string, T>();
  for (const entry of readdirSync(root, { recursive: true, encoding: "utf8" }).sort()) {
    if (!entry.endsWith(".json")) continue;
    const file = join(root, entry);
    const profile = parseFile(file, schema);
    const expected = relative(root, file).slice(0, -".json".length).split(sep).join("/");
    if (profile.id !== expected)
      throw new ProfileError(file, `its id is "${profile.id}", its path says "${expected}"`);
    profiles.set(profile.id, profile);
  }
  return profiles;
}

function parseFile<T>(file: string, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new ProfileError(file, "is not readable JSON", { cause });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ProfileError(file, `${issue?.path.join(".") || "(whole file)"}: ${issue?.message ?? "invalid"}`);
}
