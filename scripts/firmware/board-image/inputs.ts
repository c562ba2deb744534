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
import { run, sha256File } from "./tools.ts";

const suite = "bookworm";
const root = join(import.meta.dirname, "../../..");

/** One thing that went into an image, and how to know it again. */
export type Input = { name: string; version: string; sha256: string };

/** Debian packages of the board's architecture, unpacked side by side; nothing of them was run. */
export type PackageTree = { folder: string; packages: Input[] };

/**
 * Fetches packages with all that they depend on and unpacks them. The set is kept and used again until `refresh`: equal
 * sets make equal images, and Debian's security updates change the set.
 * @throws FirmwareToolError
 */
export function fetchPackages(cache: string, names: readonly string[], refresh: boolean): PackageTree {
  const id = createHash("sha256")
    .update([suite, ...names].join("\n"))
    .digest("hex")
    .slice(0, 12);
  const folder = join(cache, `debian-${id}`);
  const list = join(cache, `debian-${id}.json`);
  if (refresh || !existsSync(list)) {
    rmSync(list, { force: true });
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(cache, { recursive: true });
    run("mmdebstrap", [
      "--variant=extract",
      "--architectures=arm64",
      "--skip=cleanup/apt",
      "--quiet",
      `--include=${names.join(",")}`,
      suite,
      folder,
    ]);
    const archives = join(folder, "var/cache/apt/archives");
    const packages = readdirSync(archives)
      .filter((name) => name.endsWith(".deb"))
      .toSorted()
      .map((name) => describePackage(name, join(archives, name)));
    writeFileSync(list, JSON.stringify(packages));
  }
  return { folder, packages: JSON.parse(readFileSync(list, "utf8")) as Input[] };
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
