/** Bundles the agent into `dist/image` (what a slot holds) and the virtual board into `dist/board.mjs`. */
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative } from "node:path";
import { build } from "esbuild";
import type { Plugin } from "esbuild";

const agent = import.meta.dirname;
const root = dirname(agent);
const dist = join(agent, "dist");
const stampFile = join(dist, "build.json");

const entries = { image: "src/shell/main.ts", board: "src/shell/boot/board.ts" };
const nativeLibrary = join(agent, "native/build/libtonalite.so");
const probe = join(agent, "native/build/tonalite-probe");

/** A file of the image that no bundler makes: where it comes from, where it stands in the slot. */
type Copy = { from: string; to: string; executable?: true };

function copies(): Copy[] {
  return [
    { from: nativeLibrary, to: "libtonalite.so", executable: true },
    { from: probe, to: "tonalite-probe", executable: true },
    ...profileFiles(),
    koffiAddon(),
  ];
}

function profileFiles(): Copy[] {
  const folder = join(root, "device-profiles");
  return ["hardware", "providers", "regions"].flatMap((kind) =>
    readdirSync(join(folder, kind), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".json"))
      .map((name) => ({ from: join(folder, kind, name), to: join("device-profiles", kind, name) })),
  );
}

const platform = `${process.platform}-${process.arch}`;
const koffiBinary = `node_modules/@koromix/koffi-${platform}/${platform.replace("-", "_")}/koffi.node`;

// The addon alone, which the agent opens itself (src/shell/native/koffi.ts): koffi's own script looks for it in many
// places and, by reading every property of node:util, loads Node's worker threads: 1 MB.
function koffiAddon(): Copy {
  if (!existsSync(join(root, koffiBinary)))
    throw new Error(`${koffiBinary} is missing: is koffi installed for ${platform}?`);
  return { from: join(root, koffiBinary), to: "koffi.node", executable: true };
}

// Importing a built-in module as an ES module reads all its exports, and with them parts that are loaded on demand:
// node:http alone brings 14 MB of an HTTP client that nobody asked for. Here each export is fetched when it is used.
const leanBuiltins: Plugin = {
  name: "lean-builtins",
  setup(bundler) {
    const known = new Set(builtinModules);
    bundler.onResolve({ filter: /^(node:)?[a-z_/]+$/ }, ({ path, kind }) => {
      const isBuiltin = path.startsWith("node:") || known.has(path);
      return isBuiltin && kind !== "require-call" ? { path, namespace: "builtin" } : undefined;
    });
    bundler.onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
      contents: lazyBuiltin(path),
    }));
  },
};

function lazyBuiltin(path: string): string {
  const fetch = `process.getBuiltinModule(${JSON.stringify(path)})`;
  // A module that is a function or a class itself (node:events) cannot be put off.
  if (typeof process.getBuiltinModule(path) !== "object") return `module.exports = ${fetch};`;
  // On the prototype: esbuild gives every importing file a copy of what a module owns, a getter for each export.
  return `module.exports = Object.create(new Proxy({}, { get: (_, name) => ${fetch}[name] }));`;
}

// What packages bring along and the box never runs. Their source alone would be resident, and what they load with it.
const leftOut: Record<string, string> = {
  // mqtt's timers for browsers; the agent asks for the native ones.
  "worker-timers": "{}",
  // pino's transports run in worker threads and load Node's loader of packages; the agent writes straight to stdout.
  "./transport": "{}",
  "./lib/transport": "{}",
  worker_threads: "{ isMainThread: true }",
  // sonic-boom makes one claim; Node's own module for it brings five others.
  assert: "(holds, words) => { if (!holds) throw new Error(words); }",
  // mqtt tells its whole life to `debug`; the agent logs what matters itself.
  debug: "() => () => {}",
};
// Copies of what Node has built in.
const builtIn = {
  "readable-stream": "node:stream",
  string_decoder: "node:string_decoder",
  "safe-buffer": "node:buffer",
};

const diet: Plugin = {
  name: "diet",
  setup(bundler) {
    const filter = new RegExp(`^(${Object.keys(leftOut).join("|")})$`);
    bundler.onResolve({ filter }, ({ path }) => ({ path, namespace: "left-out" }));
    bundler.onLoad({ filter: /.*/, namespace: "left-out" }, ({ path }) => ({
      contents: `module.exports = ${leftOut[path]};`,
    }));
  },
};

async function bundle(entry: string, outfile: string): Promise<string[]> {
  const result = await build({
    absWorkingDir: agent,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    minify: true,
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
    // Bundled CommonJS packages ask for node's own modules, and nothing else, through require.
    banner: {
      js: "const require=(name)=>process.getBuiltinModule(name);",
    },
    plugins: [diet, leanBuiltins],
    inject: ["src/shell/plain-performance.ts"],
    alias: builtIn,
    external: ["koffi", "@2060.io/ffi-napi", "@2060.io/ref-napi", "bufferutil", "utf-8-validate"],
  });
  return Object.keys(result.metafile.inputs)
    .filter((path) => !/^(builtin|left-out):/.test(path))
    .map((path) => join(agent, path));
}

async function buildImage(version: string): Promise<string[]> {
  const next = join(dist, "image.next");
  rmSync(next, { recursive: true, force: true });
  const inputs = await bundle(entries.image, join(next, "agent.mjs"));
  const files = copies();
  for (const { from, to, executable } of files) {
    mkdirSync(dirname(join(next, to)), { recursive: true });
    cpSync(from, join(next, to));
    chmodSync(join(next, to), executable ? 0o755 : 0o644);
  }
  writeFileSync(join(next, "image.json"), `${JSON.stringify({ product: "tonalite-agent", version })}\n`);
  rmSync(join(dist, "image"), { recursive: true, force: true });
  renameSync(next, join(dist, "image"));
  return [...inputs, ...files.map((file) => file.from)];
}

async function main(): Promise<void> {
  const version = readVersion();
  for (const file of [join(agent, entries.image), join(agent, entries.board), nativeLibrary, probe])
    if (!existsSync(file)) throw new Error(`${relative(root, file)} is missing: build it first`);
  if (isUpToDate()) return say("agent image and board are up to date");
  const started = performance.now();
  mkdirSync(dist, { recursive: true });
  rmSync(stampFile, { force: true });
  const board = await bundle(entries.board, join(dist, "board.mjs"));
  const image = await buildImage(version);
  const inputs = [...new Set([...board, ...image, import.meta.filename, join(agent, "package.json")])];
  writeFileSync(stampFile, JSON.stringify({ inputs, fingerprint: fingerprint(inputs) }));
  const size = folderSize(join(dist, "image")) / 1024 / 1024;
  say(
    `built agent ${version}: dist/image ${size.toFixed(1)} MB, ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(join(agent, "package.json"), "utf8")) as { version: string };
  return version;
}

// A file added to the tree enters through a changed importer, a changed profile list or a changed package: all are inputs.
function isUpToDate(): boolean {
  if (
    !existsSync(stampFile) ||
    !existsSync(join(dist, "image/image.json")) ||
    !existsSync(join(dist, "board.mjs"))
  )
    return false;
  const stamp = JSON.parse(readFileSync(stampFile, "utf8")) as { inputs: string[]; fingerprint: string };
  const known = new Set(stamp.inputs);
  return copies().every((file) => known.has(file.from)) && fingerprint(stamp.inputs) === stamp.fingerprint;
}

function fingerprint(files: string[]): string {
  const hash = createHash("sha256");
  for (const file of files) {
    const stat = statSync(file, { throwIfNoEntry: false });
    hash.update(`${file}\n${stat ? `${stat.size} ${stat.mtimeMs}` : "gone"}\n`);
  }
  return hash.digest("hex");
}

function folderSize(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`agent build: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
