import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { FirmwareToolError } from "../problem.ts";
import { missingWords, requirePinned, type Input, type Pins } from "./pins.ts";
import { run, sha256File, toolVersions } from "./tools.ts";

const suite = "bookworm";
const root = join(import.meta.dirname, "../../..");

/** Debian packages of the board's architecture, unpacked side by side; nothing of them was run. */
export type PackageTree = { folder: string; packages: Input[] };

/**
 * Fetches the packages of a list and unpacks them, each checked against the list. What was fetched is kept.
 * @param names what the list was made for
 * @param mirror an archive instead of this machine's, such as one of snapshot.debian.org
 * @throws FirmwareToolError naming the packages that are not to be had, or are not those of the list
 */
export function fetchPinned(
  cache: string,
  names: readonly string[],
  list: Pins,
  mirror: string | undefined,
): PackageTree {
  const exact = list.packages.map(({ name, version }) => `${name}=${version}`);
  const key = [list.suite, ...names, ...list.packages.flatMap(({ version, sha256 }) => [version, sha256])];
  const id = createHash("sha256").update(key.join("\n")).digest("hex").slice(0, 12);
  const folder = join(cache, `debian-${id}`);
  const record = join(cache, `debian-${id}.json`);
  const missing = names.filter((name) => !list.packages.some((pin) => pin.name === name));
  if (missing.length > 0)
    throw new FirmwareToolError(
      `the list of Debian packages lacks ${missing.join(", ")}: renew it with:  npm run board-image -- pins`,
    );
  if (!existsSync(record)) {
    let packages: Input[];
    try {
      packages = unpackPackages(folder, exact, mirror);
    } catch (error) {
      const words = error instanceof FirmwareToolError ? missingWords(error.message) : undefined;
      throw words === undefined ? error : new FirmwareToolError(words, { cause: error });
    }
    requirePinned(list, packages);
    writeFileSync(record, JSON.stringify(packages));
  }
  return { folder, packages: JSON.parse(readFileSync(record, "utf8")) as Input[] };
}

/**
 * The packages as Debian has them now, with all that they depend on.
 * @throws FirmwareToolError
 */
export function newestPackages(cache: string, names: readonly string[], mirror: string | undefined): Pins {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "newest-"));
  try {
    const packages = unpackPackages(folder, names, mirror);
    return { suite, packages, tools: toolVersions() };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function unpackPackages(folder: string, wanted: readonly string[], mirror: string | undefined): Input[] {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  run("mmdebstrap", [
    ["--variant=extract", "--architectures=arm64", "--skip=cleanup/apt", "--quiet"],
    [`--include=${wanted.join(",")}`, suite, folder],
    // A past day's archive is past its date, and is checked by our hashes as well.
    mirror === undefined ? [] : ["--aptopt=Acquire::Check-Valid-Until false", mirror],
  ]);
  const archives = join(folder, "var/cache/apt/archives");
  return readdirSync(archives)
    .filter((name) => name.endsWith(".deb"))
    .toSorted()
    .map((name) => describePackage(name, join(archives, name)));
}

function describePackage(file: string, path: string): Input {
  const [name = file, version = ""] = file.replace(/\.deb$/, "").split("_");
  return { name, version: decodeURIComponent(version), sha256: sha256File(path) };
}

const lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({ version: z.string().optional(), integrity: z.string().optional() }),
  ),
});

/**
 * Unpacks an npm package in the version of the lock file, its bytes checked against the lock's integrity.
 * @throws FirmwareToolError when the lock does not name it, or the registry gives other bytes
 */
export function fetchNpm(cache: string, name: string): { folder: string; input: Input } {
  const locked = lockfile.parse(JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")));
  const { version, integrity } = locked.packages[`node_modules/${name}`] ?? {};
  if (version === undefined || integrity === undefined)
    throw new FirmwareToolError(`package-lock.json does not name ${name}`);
  const base = `${name.replace(/^@/, "").replace("/", "-")}-${version}`;
  const tarball = join(cache, `${base}.tgz`);
  mkdirSync(cache, { recursive: true });
  if (!existsSync(tarball) || integrityOf(tarball) !== integrity) {
    run("npm", ["pack", "--silent", "--pack-destination", cache, `${name}@${version}`], { cwd: cache });
    if (integrityOf(tarball) !== integrity) {
      rmSync(tarball, { force: true });
      throw new FirmwareToolError(
        `${name}@${version}: the registry's bytes are not those of package-lock.json`,
      );
    }
  }
  const folder = join(cache, base);
  if (!existsSync(folder)) {
    const draft = mkdtempSync(join(cache, "unpack-"));
    run("tar", ["-xzf", tarball, "--strip-components=1", "--no-same-owner", "-C", draft]);
    renameSync(draft, folder);
  }
  return { folder, input: { name, version, sha256: sha256File(tarball) } };
}

function integrityOf(file: string): string {
  return `sha512-${createHash("sha512").update(readFileSync(file)).digest("base64")}`;
}
