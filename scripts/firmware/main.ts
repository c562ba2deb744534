/** Makes and checks firmware images. `npm run firmware -- --help`. */
import { parseArgs } from "node:util";
import * as z from "zod";
import { FirmwareError } from "@tonalite/agent/core/firmware";
import { ReleaseError } from "@tonalite/agent/core/release";
import { signDisk } from "./disk-image.ts";
import { repositoryUsage, RepositoryUsageError, runRepository } from "./repository/command.ts";
import {
  buildImage,
  compareImages,
  createKeyPair,
  FirmwareToolError,
  inspectImage,
  type ImageReport,
} from "./index.ts";

const usage = `Makes and checks firmware images.

  npm run firmware -- key --out DIR
      an Ed25519 key pair: DIR/firmware.key signs, DIR/firmware.pem is what devices and the ACS trust
  npm run firmware -- build --from DIR --version 1.2.3 --hardware ID[,ID…] --key FILE --out FILE [--floor N]
      a signed image of a folder (agent/dist/image); devices that took an image never go below its floor again
  npm run firmware -- disk --from disk.img --version 1.2.3 --hardware ID[,ID…] --key FILE --out FILE [--floor N]
      the whole disk of a board, packed and signed: what the field tool writes (npm run flash)
  npm run firmware -- inspect FILE
      what an image says about itself, and whether it is whole
  npm run firmware -- verify FILE --trust DIR
      the same, and whether one of the public keys in DIR signed it

  npm run firmware -- compare OLD NEW
      what travels to a box that runs OLD when it takes NEW
  npm run firmware -- key --out DIR --name root1
      a key pair for any other purpose, such as the roles of a repository
  npm run firmware -- repository --help
      says which images are released, in signed metadata that devices demand

  --json prints one JSON document instead of text.   Exit code: 0 good, 1 a bad image, 64 a wrong command line.
`;

const text = z.string().min(1);
const required = (name: string) => z.string({ error: `--${name} is required` }).min(1, `--${name} is empty`);
const flags = z.object({
  out: text.optional(),
  from: text.optional(),
  version: text.optional(),
  hardware: text.optional(),
  key: text.optional(),
  name: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, "--name is a word of small letters, digits and dashes")
    .optional(),
  trust: text.optional(),
  floor: z.coerce.number({ error: "--floor must be a number" }).int().min(0).max(1_000_000).optional(),
  json: z.boolean().default(false),
  help: z.boolean().default(false),
});
type Flags = z.infer<typeof flags>;

type Answer = { json: object; text: string; good: boolean };

const commands: Record<string, (flags: Flags, files: string[]) => Answer> = {
  key: (values) => {
    const pair = createKeyPair(need(values, "out"), values.name);
    return {
      json: pair,
      text: `key ${pair.keyId}\n  signs:   ${pair.privateKeyFile} (keep it secret)\n  trusted: ${pair.publicKeyFile}`,
      good: true,
    };
  },
  build: (values) => {
    const out = need(values, "out");
    const order = {
      from: need(values, "from"),
      version: need(values, "version"),
      key: need(values, "key"),
      out,
    };
    const hardware = need(values, "hardware").split(",");
    const floor = values.floor === undefined ? {} : { securityFloor: values.floor };
    const { manifest, bytes } = buildImage({ ...order, hardware, ...floor });
    const { version, keyId, files } = manifest;
    const json = { file: out, version, hardware, keyId, size: bytes.length, files: files.length };
    return {
      json,
      text: `${out}: version ${version} for ${hardware.join(", ")}, ${bytes.length} bytes, ${files.length} files`,
      good: true,
    };
  },
  disk: (values) => {
    const out = need(values, "out");
    const hardware = need(values, "hardware").split(",");
    const floor = values.floor === undefined ? {} : { securityFloor: values.floor };
    const order = { disk: need(values, "from"), version: need(values, "version"), key: need(values, "key") };
    const made = signDisk({ ...order, hardware, out, ...floor });
    const text = `${out}: disk ${order.version} for ${hardware.join(", ")}, ${made.size} bytes`;
    return { json: { file: out, version: order.version, hardware, ...made }, text, good: true };
  },
  inspect: (_values, files) => report(inspectImage(onlyFile(files)), "whole, signature not checked"),
  compare: (_values, files) => comparison(files),
  verify: (values, files) =>
    report(inspectImage(onlyFile(files), need(values, "trust")), "whole, and signed by a trusted key"),
};

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(2)} %`;

function comparison(files: string[]): Answer {
  const [before, after, ...rest] = files;
  if (before === undefined || after === undefined || rest.length > 0)
    throw new UsageError("give two image files, the old and the new");
  const found = compareImages(before, after);
  const { size, travels, header, ranges } = found;
  const lines = [
    `from ${found.from} to ${found.to}: ${travels} of ${size} bytes travel, ${percent(travels, size)}`,
    `  ${String(header).padStart(9)} header with its lists of chunks`,
    ...found.files.map(
      (file) =>
        `  ${String(file.travels).padStart(9)} ${file.path}, ${percent(file.travels, file.size)} of it`,
    ),
    `in ${ranges} ranges`,
  ];
  return { json: found, text: lines.join("\n"), good: true };
}

function report(found: ImageReport, praise: string): Answer {
  const { manifest, size, sha256, problems } = found;
  const lines = [
    `product   ${manifest.product} ${manifest.version}`,
    `hardware  ${manifest.hardware.join(", ")}`,
    `floor     ${manifest.securityFloor}`,
    `signer    ${manifest.keyId}`,
    `made      ${manifest.createdAt}`,
    `file      ${size} bytes, SHA-256 ${sha256}`,
    ...manifest.files.map(
      (file) => `  ${file.mode.toString(8)} ${String(file.size).padStart(9)} ${file.path}`,
    ),
    problems.length === 0 ? praise : `BAD: ${problems.join("; ")}`,
  ];
  return {
    json: { ...found, good: problems.length === 0 },
    text: lines.join("\n"),
    good: problems.length === 0,
  };
}

class UsageError extends Error {}

function need(values: Flags, name: "out" | "from" | "version" | "hardware" | "key" | "trust"): string {
  const found = required(name).safeParse(values[name]);
  if (!found.success) throw new UsageError(found.error.issues[0]?.message ?? name);
  return found.data;
}

function onlyFile(files: string[]): string {
  const [file, ...rest] = files;
  if (file === undefined || rest.length > 0) throw new UsageError("give one image file");
  return file;
}

function parse(args: string[]): { command: string | undefined; files: string[]; values: Flags } {
  const strings = ["out", "from", "version", "hardware", "key", "name", "trust", "floor"];
  const options = Object.fromEntries(strings.map((name) => [name, { type: "string" } as const]));
  const booleans = { json: { type: "boolean" }, help: { type: "boolean" } } as const;
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args, options: { ...options, ...booleans }, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  const values = flags.safeParse(parsed.values);
  if (!values.success) throw new UsageError(values.error.issues[0]?.message ?? "wrong flags");
  const [command, ...files] = parsed.positionals;
  return { command, files, values: values.data };
}

async function main(args: string[]): Promise<void> {
  if (args[0] === "repository") return await repository(args.slice(1));
  const { command, files, values } = parse(args);
  if (values.help || command === undefined) {
    process.stdout.write(usage);
    if (!values.help) process.exitCode = 64;
    return;
  }
  const run = commands[command];
  if (!run) throw new UsageError(`there is no command “${command}”; see --help`);
  const answer = run(values, files);
  process.stdout.write(`${values.json ? JSON.stringify(answer.json) : answer.text}\n`);
  if (!answer.good) process.exitCode = 1;
}

async function repository(args: string[]): Promise<void> {
  if (args.length === 0 || args.includes("--help")) {
    process.stdout.write(repositoryUsage);
    if (args.length === 0) process.exitCode = 64;
    return;
  }
  const answer = await runRepository(args.filter((arg) => arg !== "--json"));
  process.stdout.write(`${args.includes("--json") ? JSON.stringify(answer.json) : answer.text}\n`);
}

const args = process.argv.slice(2);
try {
  await main(args);
} catch (error) {
  const mine = error instanceof UsageError || error instanceof RepositoryUsageError;
  const known = [FirmwareToolError, FirmwareError, ReleaseError].some((kind) => error instanceof kind);
  if (!(error instanceof Error) || !(mine || known)) throw error;
  if (args.includes("--json"))
    process.stdout.write(`${JSON.stringify({ good: false, error: error.message })}\n`);
  process.stderr.write(`firmware: ${error.message}\n`);
  process.exitCode = mine ? 64 : 1;
}
