import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

/** Encrypts secrets before they go to the store, so that a copy of the database gives none away. */
export type Sealer = {
  seal(text: string): Buffer;
  /** @throws SealError when the bytes were not sealed by this ACS's key, or were changed */
  open(sealed: Uint8Array): string;
  /** A fingerprint that tells nothing of the text to who lacks the key: HMAC-SHA-256 under a key derived from it. */
  fingerprint(text: string): Buffer;
};

export class SealError extends Error {
  override readonly name = "SealError";
}

const keyBytes = 32;
const nonceBytes = 12; // NIST SP 800-38D: 96 bits for GCM
const tagBytes = 16;
const edition = 1;

/**
 * AES-256-GCM under the key in `<dataDir>/seal.key` (mode 0600), made on first use.
 * A sealed secret is edition(1) · nonce(12) · tag(16) · ciphertext.
 */
export function createSealer(dataDir: string): Sealer {
  const key = loadKey(join(dataDir, "seal.key"), dataDir);
  const fingerprintKey = Buffer.from(hkdfSync("sha256", key, "", "tonalite fingerprint", keyBytes));
  return {
    fingerprint: (text) => createHmac("sha256", fingerprintKey).update(text, "utf8").digest(),
    seal(text) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([Buffer.of(edition), nonce, cipher.getAuthTag(), body]);
    },
    open(sealed) {
      const bytes = Buffer.from(sealed);
      const bodyAt = 1 + nonceBytes + tagBytes;
      if (bytes.length < bodyAt || bytes[0] !== edition) throw new SealError("not a sealed secret");
      try {
        const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(1, 1 + nonceBytes));
        decipher.setAuthTag(bytes.subarray(1 + nonceBytes, bodyAt));
        return Buffer.concat([decipher.update(bytes.subarray(bodyAt)), decipher.final()]).toString("utf8");
      } catch (cause) {
        throw new SealError("sealed with another key, or damaged: is seal.key the one of this store?", {
          cause,
        });
      }
    },
  };
}

function loadKey(path: string, dataDir: string): Buffer {
  mkdirSync(dataDir, { recursive: true });
  const key = readKey(path) ?? makeKey(path);
  if (key.length !== keyBytes)
    throw new SealError(`${path} must hold ${keyBytes} bytes, it holds ${key.length}`);
  return key;
}

function readKey(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Durable before use: a secret sealed with a key that a power cut forgets is lost. `link` keeps the first of two makers' keys. */
function makeKey(path: string): Buffer {
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  const file = openSync(draft, "wx", 0o600);
  try {
    writeSync(file, randomBytes(keyBytes));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    linkSync(draft, path);
    const directory = openSync(join(path, ".."), "r");
    fsyncSync(directory);
    closeSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(path);
}
