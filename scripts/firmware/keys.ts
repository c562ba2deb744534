import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  verify,
} from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SignatureCheck } from "@tonalite/agent/core/firmware";
import { FirmwareToolError } from "./problem.ts";

/** What {@link createKeyPair} wrote. `keyId`: hexadecimal SHA-256 of the public key as DER SubjectPublicKeyInfo. */
export type KeyPair = { keyId: string; privateKeyFile: string; publicKeyFile: string };

/**
 * Makes an Ed25519 key pair: `firmware.key` (PKCS #8, mode 0600, never to leave the signer) and `firmware.pem` (what
 * devices and the ACS trust).
 * @throws FirmwareToolError when the folder has a key already: replacing one would orphan every device that trusts it
 */
export function createKeyPair(folder: string, name = "firmware"): KeyPair {
  const privateKeyFile = join(folder, `${name}.key`);
  const publicKeyFile = join(folder, `${name}.pem`);
  for (const file of [privateKeyFile, publicKeyFile])
    if (existsSync(file)) throw new FirmwareToolError(`${file} exists already; keys are never replaced`);
  mkdirSync(folder, { recursive: true });
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  writeFileSync(privateKeyFile, privateKey.export({ type: "pkcs8", format: "pem" }), {
    mode: 0o600,
    flag: "wx",
  });
  chmodSync(privateKeyFile, 0o600);
  writeFileSync(publicKeyFile, publicKey.export({ type: "spki", format: "pem" }), {
    mode: 0o644,
    flag: "wx",
  });
  return { keyId: keyIdOf(publicKey), privateKeyFile, publicKeyFile };
}

/**
 * @throws FirmwareToolError when the file is no Ed25519 private key
 */
export function readPrivateKey(file: string): KeyObject {
  const key = readKey(file, "private key", (bytes) => createPrivateKey(bytes));
  if (key.asymmetricKeyType !== "ed25519") throw new FirmwareToolError(`${file} is not an Ed25519 key`);
  return key;
}

/** The id that a manifest names its signer by. */
export function keyIdOf(key: KeyObject): string {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
}

/**
 * Every public key (`*.pem`) of a folder, or of one file.
 * @throws FirmwareToolError when there is none, or one is not Ed25519
 */
export function readTrust(path: string): SignatureCheck {
  const files = path.endsWith(".pem") ? [path] : listPem(path);
  if (files.length === 0) throw new FirmwareToolError(`${path} holds no public key (*.pem)`);
  const keys = new Map<string, KeyObject>();
  for (const file of files) {
    const key = readKey(file, "public key", (bytes) => createPublicKey(bytes));
    if (key.asymmetricKeyType !== "ed25519") throw new FirmwareToolError(`${file} is not an Ed25519 key`);
    keys.set(keyIdOf(key), key);
  }
  return (keyId, signed, signature) => {
    const key = keys.get(keyId);
    if (!key) return "unknown-key";
    return verify(null, signed, key, signature) ? "valid" : "invalid";
  };
}

function listPem(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".pem"))
      .map((name) => join(folder, name));
  } catch (cause) {
    throw new FirmwareToolError(`${folder} is not a readable folder`, { cause });
  }
}

// The cause is left out on purpose: it may quote the key.
function readKey(file: string, what: string, parse: (bytes: Buffer) => KeyObject): KeyObject {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new FirmwareToolError(`${file} cannot be read`, { cause });
  }
  try {
    return parse(bytes);
  } catch {
    throw new FirmwareToolError(`${file} is not a readable ${what}`);
  }
}
