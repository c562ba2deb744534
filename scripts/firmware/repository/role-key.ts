import { createHash, createPublicKey, sign, verify, type KeyObject } from "node:crypto";
import { Signature } from "@tufjs/models";
import { canonicalJson, type ReleaseCrypto } from "@tonalite/agent/core/release";

// RFC 8410 §4: what stands before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo.
const spki = Buffer.from("302a300506032b6570032100", "hex");

/** A key as metadata writes it down, and its id: the SHA-256 of that (TUF specification §4.2). */
export type RoleKey = { id: string; json: { keytype: string; scheme: string; keyval: { public: string } } };

/** The public half of an Ed25519 key, private or public. */
export function roleKeyOf(key: KeyObject): RoleKey {
  const half = key.type === "private" ? createPublicKey(key) : key;
  const bytes = half.export({ type: "spki", format: "der" }).subarray(spki.length);
  const json = { keytype: "ed25519", scheme: "ed25519", keyval: { public: bytes.toString("hex") } };
  return { id: releaseCrypto.sha256(canonicalJson(json)), json };
}

/** Signs for a role. */
export function signerOf(key: KeyObject): (bytes: Buffer) => Signature {
  const { id } = roleKeyOf(key);
  return (bytes) => new Signature({ keyID: id, sig: sign(null, bytes, key).toString("hex") });
}

export const releaseCrypto: ReleaseCrypto = {
  sha256: (bytes) => createHash("sha256").update(bytes).digest("hex"),
  verify(key, bytes, signature) {
    if (!/^[0-9a-f]{64}$/.test(key) || !/^[0-9a-f]{128}$/i.test(signature)) return false;
    const der = Buffer.concat([spki, Buffer.from(key, "hex")]);
    const object = createPublicKey({ key: der, format: "der", type: "spki" });
    return verify(null, bytes, object, Buffer.from(signature, "hex"));
  },
};
