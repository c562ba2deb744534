import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** What a nonce that came back is worth. `replayed`: this or a later count was seen before. */
export type NonceVerdict = "fresh" | "stale" | "replayed" | "forged";

export type NonceIssuer = {
  issue(): string;
  /**
   * Spends one use of a nonce.
   * @param count nc of RFC 7616, from 1; undefined for clients without qop (RFC 2069), whose nonce is good for one use
   */
  spend(nonce: string, count: number | undefined): NonceVerdict;
};

const timeBytes = 6;
const randomPart = 10;
const macBytes = 16;

/**
 * Nonces that carry their own time and proof, so that challenges cost no memory; only those that were used are
 * remembered, up to `capacity`. When memory runs out the oldest are forgotten together with everything issued
 * before them: a flood makes clients ask again, it never makes a replay possible.
 */
export function createNonceIssuer(
  options: { lifetimeMs?: number; capacity?: number; now?: () => number } = {},
): NonceIssuer {
  const { lifetimeMs = 300_000, capacity = 50_000, now = Date.now } = options;
  const secret = randomBytes(32);
  const used = new Map<string, { issued: number; highest: number }>(); // in the order of first use
  let floor = 0;

  const proof = (head: Buffer): Buffer =>
    createHmac("sha256", secret).update(head).digest().subarray(0, macBytes);

  const forgetOldest = (): void => {
    const oldest = used.entries().next().value;
    if (!oldest) return;
    floor = Math.max(floor, oldest[1].issued);
    used.delete(oldest[0]);
  };

  return {
    issue() {
      const head = Buffer.allocUnsafe(timeBytes + randomPart);
      head.writeUIntBE(now(), 0, timeBytes);
      randomBytes(randomPart).copy(head, timeBytes);
      return Buffer.concat([head, proof(head)]).toString("base64url");
    },
    spend(nonce, count) {
      const known = used.get(nonce);
      let issued = known?.issued;
      if (issued === undefined) {
        const bytes = Buffer.from(nonce, "base64url");
        if (bytes.length !== timeBytes + randomPart + macBytes) return "forged";
        const head = bytes.subarray(0, timeBytes + randomPart);
        if (!timingSafeEqual(proof(head), bytes.subarray(timeBytes + randomPart))) return "forged";
        // One nonce, one spelling: base64 decoders ignore what does not belong.
        if (bytes.toString("base64url") !== nonce) return "forged";
        issued = head.readUIntBE(0, timeBytes);
        if (issued <= floor) return "stale";
      }
      if (now() - issued > lifetimeMs) {
        used.delete(nonce);
        return "stale";
      }
      const step = count ?? 1;
      if (known) {
        if (count === undefined || step <= known.highest) return "replayed";
        known.highest = step;
        return "fresh";
      }
      if (used.size >= capacity) forgetOldest();
      used.set(nonce, { issued, highest: count === undefined ? Number.POSITIVE_INFINITY : step });
      return "fresh";
    },
  };
}
