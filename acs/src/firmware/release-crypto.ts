import { createHash, createPublicKey, verify } from "node:crypto";
import type { ReleaseCrypto } from "@tonalite/agent/core/release";

// RFC 8410 §4: what stands before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo.
const spki = Buffer.from("302a300506032b6570032100", "hex");

/** The cryptography of release metadata, by Node. */
export const releaseCrypto: ReleaseCrypto = {
  sha256: (bytes) => createHash("sha256").update(bytes).digest("hex"),
  verify(key, bytes, signature) {
    if (!/^[0-9a-f]{64}$/.test(key) || !/^[0-9a-f]{128}$/i.test(signature)) return false;
    const der = Buffer.concat([spki, Buffer.from(key, "hex")]);
    const object = createPublicKey({ key: der, format: "der", type: "spki" });
    return verify(null, bytes, object, Buffer.from(signature, "hex"));
  },
};
