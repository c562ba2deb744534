import type { CallRecord } from "@tonalite/agent/core/records";
import type { ProviderProfile } from "@tonalite/device-profiles";

/**
 * Seconds of a call that count, by the provider's charging rule (IPPI 10.1: per second from the first second, only
 * calls that the customer makes). Steps are rounded up, an answered call counts the minimum at least.
 * @returns null where the terms say nothing about charging; 0 for incoming and unanswered calls
 */
export function chargeableSeconds(
  call: Pick<CallRecord, "direction" | "answer" | "durationSeconds">,
  provider: ProviderProfile | undefined,
): number | null {
  const rule = provider?.rules.charging;
  if (!rule) return null;
  if (call.direction === "incoming" || call.answer === null) return 0;
  const steps = Math.max(1, Math.ceil(call.durationSeconds / rule.incrementSeconds));
  return Math.max(steps * rule.incrementSeconds, rule.minimumSeconds);
}
