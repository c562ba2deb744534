import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { FirmwareToolError } from "../problem.ts";
import { run } from "./tools.ts";

/**
 * Names of the two RSA keys that U-Boot demands signatures of. It asks one of a whole configuration (kernel, initramfs
 * and device tree belong together) and one of each single image (a boot script stands in no configuration).
 */
export const bootKeys = { configuration: "boot-configuration", image: "boot-image" } as const;

/**
 * Makes both keys with their certificates (mkimage takes the public key from there).
 * @throws FirmwareToolError when one exists: boards that trust it could never be updated again
 */
export function createBootKeys(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of Object.values(bootKeys)) {
    const key = join(folder, `${name}.key`);
    if (existsSync(key)) throw new FirmwareToolError(`${key} exists already; keys are never replaced`);
    const certificate = join(folder, `${name}.crt`);
    run("openssl", [
      ["req", "-batch", "-new", "-x509", "-newkey", "rsa:3072", "-nodes", "-sha256", "-days", "36500"],
      ["-subj", `/CN=${name}`, "-keyout", key, "-out", certificate],
    ]);
    chmodSync(key, 0o600);
  }
}

/** @throws FirmwareToolError when a key is missing */
export function requireBootKeys(folder: string): void {
  for (const name of Object.values(bootKeys))
    for (const kind of ["key", "crt"])
      if (!existsSync(join(folder, `${name}.${kind}`)))
        throw new FirmwareToolError(`${folder} has no ${name}.${kind}: make keys with the command “keys”`);
}
