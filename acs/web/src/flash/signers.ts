import type { SigningKey } from "@tonalite/acs/api";

/** Whether a file's signature is one of a trusted key's, as the flash tool asks. */
export type Check = (
  keyId: string,
  signed: Uint8Array,
  signature: Uint8Array,
) => "valid" | "invalid" | "unknown-key";

/**
 * Judges a file's signature beforehand, for Web Crypto answers later and the tool asks at once.
 * @param header what the file says: who signed which bytes, and how
 */
export async function judgeBeforehand(
  keys: readonly SigningKey[],
  header: { keyId: string; signed: Uint8Array; signature: Uint8Array },
): Promise<Check> {
  const key = keys.find(({ keyId }) => keyId === header.keyId);
  if (!key) return () => "unknown-key";
  const spki = Uint8Array.from(atob(key.spki), (letter) => letter.charCodeAt(0));
  const imported = await crypto.subtle.importKey("spki", spki, "Ed25519", false, ["verify"]);
  const [signed, signature] = [Uint8Array.from(header.signed), Uint8Array.from(header.signature)];
  const good = await crypto.subtle.verify("Ed25519", imported, signature, signed);
  return (keyId) => (keyId === header.keyId && good ? "valid" : "invalid");
}
