import { createPublicKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { releaseRoles, type ReleaseRole } from "@tonalite/agent/core/release";
import { readPrivateKey } from "../keys.ts";
import { FirmwareToolError } from "../problem.ts";
import type { Folder } from "./folder.ts";
import { publishRepository } from "./publish.ts";
import {
  addImages,
  describeRepository,
  initRepository,
  refreshRepository,
  removeImage,
  renewTargets,
  rotateRoot,
  signDrafts,
  type Change,
} from "./repository.ts";

export const repositoryUsage = `Says which images are released: signed metadata (TUF) that devices with a release root demand.

  npm run firmware -- repository init --dir DIR --root-key FILE,… [--threshold N] --release-key FILE,… --online-key FILE
      a repository; devices get its 1.root.json as factory/trust/root.json. Root keys stay offline, N of them sign
  npm run firmware -- repository add IMAGE… --dir DIR --trust DIR [--mirror URL,…] [--release-key FILE,…] [--online-key FILE]
      lists signed images; without the release key as a draft for repository sign
  npm run firmware -- repository remove NAME --dir DIR [--release-key FILE,…] [--online-key FILE]
      withdraws an image
  npm run firmware -- repository renew --dir DIR [--release-key FILE,…] [--online-key FILE]
      the same list for another year
  npm run firmware -- repository rotate --dir DIR [--role ROLE --public FILE,… --threshold N] [--key FILE,…]
      a new root: other keys (public or private PEM) for root, targets, snapshot or timestamp; or only a new year
  npm run firmware -- repository sign --dir DIR --key FILE,… [--online-key FILE]
      signs what waits, where these keys may; what has all its signatures is published
  npm run firmware -- repository refresh --dir DIR --online-key FILE
      snapshot and timestamp for another fortnight: by a timer, well before they expire
  npm run firmware -- repository show --dir DIR
  npm run firmware -- repository publish --dir DIR --acs URL --token-file FILE
      gives the metadata to an ACS, which the commands that change it do too with these two flags; on a plain file server, copy it as the folder release beside the images
`;

/** A command line that cannot be understood. */
export class RepositoryUsageError extends Error {}

const flags = [
  "dir",
  "root-key",
  "release-key",
  "online-key",
  "key",
  "public",
  "role",
  "threshold",
  "trust",
  "mirror",
  "acs",
  "token-file",
] as const;
type Flag = (typeof flags)[number];
type Values = Partial<Record<Flag, string>>;
type Answer = { json: object; text: string };

/**
 * Runs one repository command; with `--acs`, what it changed is published there at once.
 * @throws RepositoryUsageError, FirmwareToolError, ReleaseError
 */
export async function runRepository(args: readonly string[]): Promise<Answer> {
  const { name, rest, values } = parse(args);
  const folder = { dir: need(values, "dir") };
  if (name === "publish") return await publish(folder, values);
  const answer = run(name, folder, rest, values);
  if (values.acs === undefined) return answer;
  const { text } = await publish(folder, values);
  return { ...answer, text: `${answer.text}\n${text}` };
}

async function publish(folder: Folder, values: Values): Promise<Answer> {
  const token = readText(need(values, "token-file")).trim();
  const json = await publishRepository(folder, need(values, "acs"), token);
  return { json, text: "the ACS serves it" };
}

function run(name: string, folder: Folder, rest: readonly string[], values: Values): Answer {
  switch (name) {
    case "init": {
      const root = { keys: privateKeys(need(values, "root-key")), threshold: threshold(values) };
      const targets = { keys: privateKeys(need(values, "release-key")), threshold: 1 };
      const online = readPrivateKey(need(values, "online-key"));
      return told(initRepository(folder, { root, targets, online }));
    }
    case "add": {
      const mirrors = list(values.mirror);
      const images = rest.map((file) => ({ file, mirrors }));
      if (images.length === 0) throw new RepositoryUsageError("give at least one image file");
      return told(finish(folder, addImages(folder, images, need(values, "trust")), values));
    }
    case "remove": {
      const [image, ...more] = rest;
      if (image === undefined || more.length > 0) throw new RepositoryUsageError("give one image's name");
      return told(finish(folder, removeImage(folder, image), values));
    }
    case "renew":
      return told(finish(folder, renewTargets(folder), values));
    case "rotate":
      return told(finish(folder, rotateRoot(folder, rolesOf(values)), values));
    case "sign":
      return told(finish(folder, { published: [], waiting: [] }, { ...values, key: need(values, "key") }));
    case "refresh":
      return told(refreshRepository(folder, readPrivateKey(need(values, "online-key"))));
    case "show": {
      const found = describeRepository(folder);
      return { json: found, text: JSON.stringify(found, null, 2) };
    }
    default:
      throw new RepositoryUsageError(`there is no command “repository ${name}”; see repository --help`);
  }
}

/** Signs what the given keys can, and brings snapshot and timestamp up to it. */
function finish(folder: Folder, change: Change, values: Values): Change {
  const keys = [...privateKeys(values["release-key"]), ...privateKeys(values.key)];
  if (keys.length === 0) return change;
  const signed = signDrafts(folder, keys);
  const online = values["online-key"];
  if (online === undefined || signed.published.length === 0) return signed;
  const refreshed = refreshRepository(folder, readPrivateKey(online));
  return { published: [...signed.published, ...refreshed.published], waiting: signed.waiting };
}

function told(change: Change): Answer {
  const lines = [
    ...change.published.map((name) => `published ${name}`),
    ...change.waiting.map((words) => `waiting   ${words}`),
  ];
  return { json: change, text: lines.join("\n") };
}

function rolesOf(values: Values): Partial<Record<ReleaseRole, { keys: KeyObject[]; threshold: number }>> {
  if (values.role === undefined) return {};
  const role = releaseRoles.find((known) => known === values.role);
  if (!role) throw new RepositoryUsageError(`--role is one of ${releaseRoles.join(", ")}`);
  return { [role]: { keys: list(need(values, "public")).map(publicKey), threshold: threshold(values) } };
}

function threshold(values: Values): number {
  const text = values.threshold ?? "1";
  if (!/^[1-9]\d?$/.test(text)) throw new RepositoryUsageError("--threshold is a number from 1");
  return Number(text);
}

function privateKeys(files: string | undefined): KeyObject[] {
  return list(files).map(readPrivateKey);
}

// The cause is left out on purpose: it may quote the key.
function publicKey(file: string): KeyObject {
  const pem = readText(file);
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {
    throw new FirmwareToolError(`${file} is not a readable key`);
  }
  throw new FirmwareToolError(`${file} is not an Ed25519 key`);
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new FirmwareToolError(`${file} cannot be read`, { cause });
  }
}

function list(text: string | undefined): string[] {
  return text === undefined ? [] : text.split(",").filter((item) => item !== "");
}

function need(values: Values, name: Flag): string {
  const value = values[name];
  if (value === undefined || value === "") throw new RepositoryUsageError(`--${name} is required`);
  return value;
}

function parse(args: readonly string[]): { name: string; rest: string[]; values: Values } {
  const options = Object.fromEntries(flags.map((name) => [name, { type: "string" } as const]));
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    const [name = "", ...rest] = parsed.positionals;
    return { name, rest, values: parsed.values };
  } catch (error) {
    throw new RepositoryUsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
