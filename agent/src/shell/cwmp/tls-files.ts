import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TlsIdentity } from "../net/authorities.ts";

/** What the factory put into the box for TLS with the ACS. */
export type TlsFiles = { certificates: string[]; identity?: TlsIdentity };

/**
 * Reads `<factory>/ca/*.pem` (authorities to trust beside the system's own) and `<factory>/device.crt` with
 * `<factory>/device.key` (what the box shows to an ACS that asks). A box without them has only the system's authorities.
 */
export function readTlsFiles(factory: string): TlsFiles {
  const authorities = join(factory, "ca");
  const names = existsSync(authorities)
    ? readdirSync(authorities).filter((name) => name.endsWith(".pem"))
    : [];
  const certificates = names.sort().map((name) => readFileSync(join(authorities, name), "utf8"));
  const [certificate, key] = [join(factory, "device.crt"), join(factory, "device.key")];
  if (!existsSync(certificate) || !existsSync(key)) return { certificates };
  const identity = { certificate: readFileSync(certificate, "utf8"), key: readFileSync(key, "utf8") };
  return { certificates, identity };
}
