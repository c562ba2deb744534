/** Makes the field tool a package for laptops that have Node and nothing of this tree: `npm run flash:pack`. */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import * as z from "zod";

const name = "tonalite-flash";
const root = join(import.meta.dirname, "../../..");
const description = z.object({
  version: z.string(),
  engines: z.object({ node: z.string() }).optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
});

/** Packages with files or machine code of their own, which a bundle cannot hold. */
const installed = ["serialport", "@resvg/resvg-js", "pdfkit", "dejavu-fonts-ttf"];

const { values } = parseArgs({
  options: {
    out: { type: "string", default: "." },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help)
  process.stdout.write("usage: npm run flash:pack -- [--out DIR]   writes tonalite-flash-VERSION.tgz\n");
else await pack(resolve(values.out));

async function pack(out: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tonalite-flash-"));
  try {
    await bundle(join(folder, "dist"));
    for (const kind of ["hardware", "providers", "regions"])
      cpSync(join(root, "device-profiles", kind), join(folder, kind), { recursive: true });
    cpSync(join(import.meta.dirname, "README.md"), join(folder, "README.md"));
    writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest(), undefined, 2)}\n`);
    mkdirSync(out, { recursive: true });
    const args = ["pack", "--silent", "--ignore-scripts", "--pack-destination", out];
    const packed = spawnSync("npm", args, { cwd: folder, encoding: "utf8" });
    if (packed.status !== 0) throw new Error(`npm pack: ${packed.stderr}`, { cause: packed.error });
    process.stdout.write(`${join(out, packed.stdout.trim())}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function bundle(outdir: string): Promise<void> {
  await build({
    entryPoints: { [name]: join(import.meta.dirname, "../main.ts") },
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    // What is loaded when it is needed stays a file of its own: the label's printers, above all.
    splitting: true,
    platform: "node",
    target: "node24",
    format: "esm",
    legalComments: "linked",
    logLevel: "warning",
    external: installed,
    define: { flashToolName: JSON.stringify(name) },
    // Bundled CommonJS packages ask for node's own modules through require, which an ES module does not have.
    banner: {
      js: '#!/usr/bin/env node\nimport { createRequire as requireFrom } from "node:module";\nconst require = requireFrom(import.meta.url);',
    },
  });
  chmodSync(join(outdir, `${name}.mjs`), 0o755);
}

function manifest(): object {
  const own = read("scripts/package.json");
  const versions = Object.entries(own.dependencies ?? {});
  return {
    name,
    version: own.version,
    description: "Flashes analog telephone adapters through their serial console",
    license: "UNLICENSED",
    type: "module",
    bin: { [name]: `dist/${name}.mjs` },
    files: ["dist", "hardware", "providers", "regions"],
    engines: { node: read("package.json").engines?.node },
    dependencies: Object.fromEntries(versions.filter(([dependency]) => installed.includes(dependency))),
  };
}

function read(file: string): z.infer<typeof description> {
  return description.parse(JSON.parse(readFileSync(join(root, file), "utf8")));
}
