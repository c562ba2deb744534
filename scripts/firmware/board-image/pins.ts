import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { FirmwareToolError } from "../problem.ts";

/** One thing that went into an image, and how to know it again. */
export type Input = { name: string; version: string; sha256: string };

const pinned = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/),
  version: z.string().regex(/^[A-Za-z0-9.+:~-]+$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const pins = z.strictObject({
  /** Debian release */
  suite: z.string(),
  /** all packages of the image, kernel and U-Boot too, with the SHA-256 of each .deb */
  packages: z.array(pinned),
  /** what made the image that this list was written for: other versions may give other bytes */
  tools: z.array(z.strictObject({ name: z.string(), version: z.string() })),
});
/** The list of a board: `pins/<vendor>-<model>.json`. */
export type Pins = z.infer<typeof pins>;

const command = "npm run board-image -- pins";
const fileOf = (board: string): string =>
  join(import.meta.dirname, "pins", `${board.replace("/", "-")}.json`);

/** @throws FirmwareToolError when the board has no list, or it cannot be read */
export function readPins(board: string): Pins {
  const file = fileOf(board);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new FirmwareToolError(
      `${board} has no list of its Debian packages; write it with:  ${command} --board ${board}`,
      { cause },
    );
  }
  try {
    return pins.parse(JSON.parse(text));
  } catch (cause) {
    throw new FirmwareToolError(`${file} is not a list of packages; write it anew with:  ${command}`, {
      cause,
    });
  }
}

export function writePins(board: string, list: Pins): void {
  writeFileSync(fileOf(board), `${JSON.stringify(pins.parse(list), null, 2)}\n`);
}

/** What differs between two lists, one sentence each: `openssl 3.0.1 became 3.0.2`. */
export function differences(before: readonly Input[], after: readonly Input[]): string[] {
  const old = new Map(before.map((input) => [input.name, input]));
  const now = new Set(after.map(({ name }) => name));
  const changed = after.flatMap(({ name, version, sha256 }) => {
    const known = old.get(name);
    if (!known) return [`${name} ${version} is new`];
    if (known.version !== version) return [`${name} ${known.version} became ${version}`];
    return known.sha256 === sha256 ? [] : [`${name} ${version} has other bytes`];
  });
  return [...changed, ...before.filter(({ name }) => !now.has(name)).map(({ name }) => `${name} is gone`)];
}

/** @throws FirmwareToolError naming the packages that are not those of the list */
export function requirePinned(list: Pins, found: readonly Input[]): void {
  const wrong = differences(list.packages, found);
  if (wrong.length > 0)
    throw new FirmwareToolError(
      `Debian's packages are not those of the list: ${wrong.join("; ")}. Look at what changed and renew the list with:  ${command}`,
    );
}

/**
 * Debian keeps no old versions on its mirrors. Says which package of the list is not to be had any more, and what to do.
 * @param words of the package manager
 * @returns undefined when they say something else
 */
export function missingWords(words: string): string | undefined {
  const gone = [...words.matchAll(/Version [‘'"]([^’'"]+)[’'"] for [‘'"]([^’'"]+)[’'"] was not found/g)];
  if (gone.length === 0) return undefined;
  const names = gone.map(([, version = "", name = ""]) => `${name} ${version}`).join(", ");
  return (
    `Debian's mirror has no longer: ${names}. Renew the list with:  ${command}  ` +
    "or name an archive that keeps old versions with --mirror (snapshot.debian.org has every day's)"
  );
}
