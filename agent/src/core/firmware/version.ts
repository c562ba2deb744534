import { FirmwareError } from "./errors.ts";

/** Semantic Versioning 2.0.0 §2, §9, §10: `1.2.3`, `1.2.3-rc.1`, `1.2.3+build.7`. */
export const versionPattern =
  /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?$/;

/**
 * Order of two versions by Semantic Versioning §11 (build metadata does not count).
 * @returns -1 when `a` is older than `b`, 0 when neither is older, 1 when `a` is newer
 * @throws FirmwareError `VERSION_INVALID`
 */
export function compareVersions(a: string, b: string): -1 | 0 | 1 {
  const left = parse(a);
  const right = parse(b);
  for (let index = 0; index < 3; index += 1) {
    const order = sign((left.numbers[index] ?? 0) - (right.numbers[index] ?? 0));
    if (order !== 0) return order;
  }
  return comparePreRelease(left.preRelease, right.preRelease);
}

function parse(version: string): { numbers: number[]; preRelease: string[] } {
  const match = version.length <= 100 ? versionPattern.exec(version) : null;
  if (!match)
    throw new FirmwareError("VERSION_INVALID", `“${version.slice(0, 100)}” is not a version such as 1.2.3`);
  return { numbers: match.slice(1, 4).map(Number), preRelease: match[4]?.split(".") ?? [] };
}

// §11.3–4: a pre-release is older than its release; numbers sort below words; fewer fields are older.
function comparePreRelease(left: string[], right: string[]): -1 | 0 | 1 {
  if (left.length === 0 || right.length === 0) return sign(right.length - left.length);
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const order = compareIdentifier(left[index] ?? "", right[index] ?? "");
    if (order !== 0) return order;
  }
  return sign(left.length - right.length);
}

function compareIdentifier(left: string, right: string): -1 | 0 | 1 {
  const numeric = /^\d+$/;
  const numbers = [numeric.test(left), numeric.test(right)];
  if (numbers[0] && numbers[1]) return sign(Number(left) - Number(right));
  if (numbers[0] !== numbers[1]) return numbers[0] ? -1 : 1;
  return left === right ? 0 : left < right ? -1 : 1;
}

function sign(difference: number): -1 | 0 | 1 {
  return difference < 0 ? -1 : difference > 0 ? 1 : 0;
}
