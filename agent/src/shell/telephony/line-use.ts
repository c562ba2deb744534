import type { KeyValueStore } from "../../core/ports.ts";
import type { IdleState } from "../../core/update/index.ts";

const emergencyKey = "telephony.emergency-call-ended";
/**
 * How long an emergency service may be expected to call back. No standard fixes it (RFC 7090 section 1 leaves it to the
 * operators); half an hour covers what dispatchers need.
 */
const callbackMs = 30 * 60_000;

/** How long nobody has used a line, and whether an emergency service may still call back. */
export type UseWatch = {
  /** The lines as they are now; to be told at every change. */
  note(busy: boolean): void;
  /** Durable when it returns. */
  emergencyCallEnded(): void;
  /** What the lines say, with what went before. */
  judge(now: IdleState): IdleState;
};

/**
 * @param wall milliseconds since 1970; it may not be set
 * @param monotonic milliseconds since any time
 */
export function watchUse(
  values: KeyValueStore,
  wall: () => number = Date.now,
  monotonic: () => number = () => performance.now(),
): UseWatch {
  const started = monotonic();
  let wasBusy = false;
  let lastUsed: number | undefined;
  let emergency = Number(values.get(emergencyKey) ?? Number.NaN);

  const callbackLeft = (): number => {
    if (Number.isNaN(emergency)) return 0;
    const passed = wall() - emergency;
    // A clock that has gone back, or was never set since the start, tells at least how long the box runs.
    return callbackMs - (passed < 0 ? monotonic() - started : passed);
  };

  return {
    note(busy) {
      if (busy || wasBusy) lastUsed = monotonic();
      wasBusy = busy;
    },
    emergencyCallEnded() {
      emergency = wall();
      values.set(emergencyKey, emergency);
    },
    judge(now) {
      const left = callbackLeft();
      if (now.idle && left > 0) {
        const minutes = Math.ceil(left / 60_000);
        const why = `the emergency service that was called may call back (${minutes} min)`;
        return { idle: false, why, call: false, callback: true };
      }
      if (!now.idle || lastUsed === undefined) return now;
      return { idle: true, quietFor: (monotonic() - lastUsed) / 1000 };
    },
  };
}
