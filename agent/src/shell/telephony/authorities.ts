import { writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The factory's certificate authorities as one file for the voice engine, which believes them beside the system's when it
 * speaks SIP over TLS. Written anew at each start: the factory's folder is the truth.
 * @param certificates PEM texts, as `readTlsFiles` finds them.
 * @returns its path, "" without any.
 */
export function writeAuthorities(certificates: readonly string[], state: string): string {
  if (certificates.length === 0) return "";
  const path = join(state, "sip-authorities.pem");
  writeFileSync(path, certificates.map((certificate) => `${certificate.trimEnd()}\n`).join(""));
  return path;
}
