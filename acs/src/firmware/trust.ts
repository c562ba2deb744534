import { createHash, createPublicKey, verify, type KeyObject } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { SignatureCheck } from "@tonalite/agent/core/firmware";

/** The publishers whose images this ACS takes: the Ed25519 public keys in `<dataDir>/trust/*.pem`, by key id. */
export type TrustedKeys = ReadonlyMap<string, KeyObject>;

export class TrustError extends Error {
  override readonly name = "TrustError";
}

/**
 * Reads the trusted keys; anew for every image, so that adding or removing a file needs no restart.
 * @throws TrustError for a file that is no Ed25519 public key
 */
export async function readTrustedKeys(directory: string): Promise<TrustedKeys> {
  const keys = new Map<string, KeyObject>();
  for (const file of (await listPem(directory)).sort()) {
    const key = parseKey(await readFile(join(directory, file), "utf8"), file);
    keys.set(keyId(key), key);
  }
  return keys;
}

/** Hexadecimal SHA-256 of the key as DER SubjectPublicKeyInfo. */
export function keyId(key: KeyObject): string {
  return createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("hex");
}

export function signatureCheck(keys: TrustedKeys): SignatureCheck {
  return (id, signed, signature) => {
    const key = keys.get(id);
    if (!key) return "unknown-key";
    return verify(null, signed, key, signature) ? "valid" : "invalid";
  };
}

function parseKey(pem: string, file: string): KeyObject {
  // createPublicKey would take a private key and derive the public one: such a file must not lie here at all.
  if (pem.includes("PRIVATE KEY"))
    throw new TrustError(`trust/${file} holds a private key; only the public one belongs here`);
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch (cause) {
    throw new TrustError(`trust/${file} is not a public key in PEM`, { cause });
  }
  throw new TrustError(`trust/${file} is not an Ed25519 key`);
}

async function listPem(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((file) => file.endsWith(".pem"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
