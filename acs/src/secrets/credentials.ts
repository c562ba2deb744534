import { createHash, randomBytes } from "node:crypto";
import type { StoredHa1 } from "../store/schema.ts";

/** The one digest realm of the CWMP port: H(A1) is stored, so the realm may never change. */
export const cwmpRealm = "Tonalite ACS";

/** H(A1) of RFC 7616 §3.4.2 for both algorithms, what the store keeps in `devices.cwmp_ha1`. */
export function cwmpHa1(username: string, password: string): StoredHa1 {
  const a1 = `${username}:${cwmpRealm}:${password}`;
  return {
    md5: createHash("md5").update(a1).digest("hex"),
    sha256: createHash("sha256").update(a1).digest("hex"),
  };
}

/** A password for a machine: 144 random bits as 24 URL-safe characters. */
export const generatePassword = (): string => randomBytes(18).toString("base64url");
