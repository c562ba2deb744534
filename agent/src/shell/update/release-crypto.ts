import { createHash, createPublicKey, verify } from "node:crypto";
import type { ReleaseCrypto } from "../../core/release/index.ts";

// RFC 8410 §4: a SubjectPublicKeyInfo of Ed25519 is these bytes and the key's own 32.
const spki = Buffer.from("302a300506032b6570032100", "hex");
const publicKey = /^[0-9a-f]{64}$/;
const signatureOf = /^[0-9a-f]{128}$/i;

/** The cryptography of release metadata, by Node. */
export const releaseCrypto: ReleaseCrypto = {
  sha256: (bytes) => createHash("sha256").update(bytes).digest("hex"),
  verify(key, bytes, signature) {
    if (!publicKey.test(key) || !signatureOf.test(signature)) return false;
    const der = Buffer.concat([spki, Buffer.from(key, "hex")]);
    const object = createPublicKey({ key: der, format: "der", type: "spki" });
    return verify(null, bytes, object, Buffer.from(signature, "hex"));
  },
};
