import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

/** What the flash tool uses of Node's crypto, for the browser: SHA-256 at once (Web Crypto answers later only). */
export function createHash(name: string) {
  if (name !== "sha256") throw new Error(`no ${name} here`);
  const hash = sha256.create();
  return {
    update(bytes: Uint8Array) {
      hash.update(bytes);
      return this;
    },
    digest: (_encoding: "hex"): string => bytesToHex(hash.digest()),
  };
}
