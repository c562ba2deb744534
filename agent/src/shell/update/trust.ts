import { createHash, createPublicKey, verify, type KeyObject } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { SignatureCheck } from "../../core/firmware/index.ts";

/** A trusted key file that cannot be used: better not to start than to trust less than was meant. */
export class TrustError extends Error {
  override readonly name = "TrustError";
}

/**
 * Reads every `*.pem` (Ed25519 public key, SubjectPublicKeyInfo) of a folder. No folder or no file: nothing is trusted.
 * @throws TrustError naming the file that is no such key
 */
export function loadTrustedKeys(folder: string): SignatureCheck {
  const keys = new Map<string, KeyObject>();
  for (const name of pemFiles(folder)) {
    const key = readKey(join(folder, name));
    keys.set(keyId(key), key);
  }
  return (id, signed, signature) => {
    const key = keys.get(id);
    if (!key) return "unknown-key";
    return verify(null, signed, key, signature) ? "valid" : "invalid";
  };
}

function pemFiles(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".pem"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

function readKey(file: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPublicKey(readFileSync(file));
  } catch (cause) {
    throw new TrustError(`${file} is not a readable public key`, { cause });
  }
  if (key.asymmetricKeyType !== "ed25519") throw new TrustError(`${file} is not an Ed25519 key`);
  return key;
}

// As imageManifest.keyId says.
function keyId(key: KeyObject): string {
  return createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("hex");
}
