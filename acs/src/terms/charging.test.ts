import { providerProfile } from "@tonalite/device-profiles";
import { expect, it } from "vitest";
import { chargeableSeconds } from "./charging.ts";

function provider(charging?: object) {
  const rule = charging && { clause: "1", summary: "x", ...charging };
  return providerProfile.parse({
    id: "test",
    name: "Test",
    document: { title: "t", version: "1" },
    rules: rule ? { charging: rule } : {},
  });
}
const perSecond = provider({ incrementSeconds: 1, minimumSeconds: 0 });
const perMinute = provider({ incrementSeconds: 60, minimumSeconds: 60 });
const sixSeconds = provider({ incrementSeconds: 6, minimumSeconds: 30 });
const call = (durationSeconds: number, change: object = {}) => ({
  direction: "outgoing" as const,
  answer: "2026-01-01T00:00:00Z",
  durationSeconds,
  ...change,
});

it.each([
  [perSecond, call(0), 1],
  [perSecond, call(59.001), 60],
  [perSecond, call(60), 60],
  [perMinute, call(1), 60],
  [perMinute, call(61), 120],
  [sixSeconds, call(2), 30],
  [sixSeconds, call(31), 36],
  [perSecond, call(10, { direction: "incoming" }), 0],
  [perSecond, call(0, { answer: null }), 0],
  [provider(), call(10), null],
  [undefined, call(10), null],
])("case %#", (terms, one, seconds) => expect(chargeableSeconds(one, terms)).toBe(seconds));
