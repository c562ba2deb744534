import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";

/* Builds the console when its sources changed since the last build; a second or two otherwise saved at every start. */
const root = join(import.meta.dirname, "..");
const web = join(root, "acs/web");
const stamp = join(web, "dist/.sources");

function fingerprint(): string {
  const hash = createHash("sha256");
  const files = ["acs/web", "acs/src/api", "device-profiles/src", "scripts/flash"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  );
  for (const file of [...files.sort(), "package-lock.json"])
    if (/\.(ts|tsx|css|html|json)$/.test(file) && !/\/(dist|\.types)\//.test(file))
      hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest("hex");
}

const sources = fingerprint();
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== sources) {
  console.log("setup: builds the console");
  await build({ root: web, configFile: join(web, "vite.config.ts"), logLevel: "warn" });
  writeFileSync(stamp, sources);
}
