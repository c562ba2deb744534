import { ReleaseError } from "./errors.ts";
import type { Metadata, ReleaseRole, RootRole, SignedMetadata } from "./metadata.ts";

/** Cryptography is the shell's. Everything in lower-case hexadecimal but the bytes. */
export type ReleaseCrypto = {
  sha256(bytes: Uint8Array): string;
  /** Ed25519 (RFC 8032) with the 32 bytes of a public key; false for whatever is malformed, too. */
  verify(publicKey: string, bytes: Uint8Array, signature: string): boolean;
};

/**
 * The key ids of a role whose signature of a file holds. A key that stands under two ids counts once (TUF §5.3.4: a
 * threshold is of keys, not of names), and one of a kind that we do not know not at all.
 */
export function signersOf(
  metadata: Metadata<ReleaseRole>,
  role: RootRole,
  { keys }: SignedMetadata<"root">,
  crypto: ReleaseCrypto,
): string[] {
  const seen = new Set<string>();
  return metadata.signatures
    .filter(({ keyid, sig }) => {
      const key = role.keyids.includes(keyid) ? keys[keyid] : undefined;
      if (key?.keytype !== "ed25519" || key.scheme !== "ed25519") return false;
      const value = key.keyval.public.toLowerCase();
      if (seen.has(value) || !crypto.verify(value, metadata.canonical, sig)) return false;
      seen.add(value);
      return true;
    })
    .map(({ keyid }) => keyid);
}

/**
 * Requires that enough of the keys which a root names for the file's role signed it.
 * @throws ReleaseError `SIGNATURES_INSUFFICIENT`
 */
export function requireSigned(
  metadata: Metadata<ReleaseRole>,
  by: SignedMetadata<"root">,
  crypto: ReleaseCrypto,
): void {
  const role = by.roles[metadata.role];
  const { length } = signersOf(metadata, role, by, crypto);
  if (length >= role.threshold) return;
  const { version } = metadata.signed;
  throw new ReleaseError(
    "SIGNATURES_INSUFFICIENT",
    `${metadata.role} ${version} of the release metadata has ${length} of the ${role.threshold} signatures that root ${by.version} demands`,
  );
}
