import type { Receipt } from "./message.ts";

/** What the sender of a stream goes by. */
export type SenderOptions = {
  /** parts that may be under way, and bytes of one */
  parts: number;
  partBytes: number;
  /** how many are given to the port before one has left: enough to keep it busy, few enough to repeat soon */
  queue: number;
  /** longest wait for a receipt once something has left, in ms */
  patienceMs: number;
  /** how often that may pass without a word before the board counts as gone */
  silences: number;
};

export type SenderState = {
  data: Uint8Array;
  options: SenderOptions;
  /** first part that has not arrived, and first that was never sent */
  next: number;
  fresh: number;
  /** parts under way by number, with the order of their last leaving */
  flight: ReadonlyMap<number, number>;
  /** to be sent again, by number */
  lost: readonly number[];
  order: number;
  queued: number;
  silences: number;
  /** parts sent, and sent again */
  sent: number;
  repeats: number;
  end: "arrived" | "silent" | number | undefined;
};

export type SenderEvent =
  | { type: "begin" }
  /** the oldest part that was given to the port has left */
  | { type: "left" }
  | ({ type: "receipt" } & Receipt)
  | { type: "timeout" };

export type SenderEffect =
  | { do: "send"; number: number; bytes: Uint8Array }
  /** replaces the timer that runs */
  | { do: "timer"; ms: number };

type Step = { state: SenderState; effects: SenderEffect[] };

/**
 * A sender of a stream in numbered parts, with selective repeat; `from`: parts that the receiver has already. It has ended when
 * `end` says how: a number is the problem that the receiver named.
 */
export function createSender(data: Uint8Array, options: SenderOptions, from = 0): SenderState {
  return {
    data,
    options,
    next: from,
    fresh: from,
    flight: new Map(),
    lost: [],
    order: 0,
    queued: 0,
    silences: 0,
    sent: 0,
    repeats: 0,
    end: undefined,
  };
}

/** Bytes of the stream that have arrived for sure. */
export function arrivedBytes({ next, data, options }: SenderState): number {
  return Math.min(data.length, next * options.partBytes);
}

/** One step of a sender. */
export function stepSender(state: SenderState, event: SenderEvent): Step {
  if (state.end !== undefined) return { state, effects: [] };
  switch (event.type) {
    case "begin":
      return fill(state);
    case "left":
      return fill({ ...state, queued: Math.max(0, state.queued - 1) });
    case "receipt":
      return onReceipt(state, event);
    case "timeout":
      break;
  }
  return onSilence(state);
}

const partsOf = ({ data, options }: SenderState): number => Math.ceil(data.length / options.partBytes);

// A line keeps the order: what left before a part that has arrived, and has not arrived itself, is lost.
function onReceipt(state: SenderState, { next, ahead, problem }: Receipt): Step {
  if (problem !== 0) return { state: { ...state, end: problem }, effects: [] };
  // Of before the last: the receiver never goes back.
  if (next < state.next || next > state.fresh) return { state, effects: [] };
  const flight = new Map(state.flight);
  let seen = -1;
  for (const [number, order] of state.flight) {
    const bit = number - next - 1;
    const arrived = number < next || (bit >= 0 && bit < 32 && ((ahead >>> bit) & 1) === 1);
    if (!arrived) continue;
    flight.delete(number);
    seen = Math.max(seen, order);
  }
  const lost = state.lost.filter((number) => number >= next);
  for (const [number, order] of flight)
    if (order < seen) {
      flight.delete(number);
      lost.push(number);
    }
  const after = { ...state, next, flight, lost, silences: 0 };
  if (next >= partsOf(state)) return { state: { ...after, end: "arrived" }, effects: [] };
  return fill(after);
}

// The last parts may be lost with nothing behind them that would tell: all that is under way counts as lost.
function onSilence(state: SenderState): Step {
  const silences = state.silences + 1;
  if (silences > state.options.silences) return { state: { ...state, silences, end: "silent" }, effects: [] };
  const oldest = Math.min(...state.flight.keys());
  if (!Number.isFinite(oldest)) return fill({ ...state, silences });
  const flight = new Map(state.flight);
  flight.delete(oldest);
  return fill({ ...state, flight, lost: [oldest, ...state.lost], silences });
}

function fill(state: SenderState): Step {
  const { options, data } = state;
  const flight = new Map(state.flight);
  const lost = [...state.lost];
  let { fresh, order, queued, sent, repeats } = state;
  const effects: SenderEffect[] = [];
  const limit = Math.min(state.next + options.parts, partsOf(state));
  while (queued < options.queue) {
    const again = lost.shift();
    const number = again ?? fresh;
    if (again === undefined) {
      if (fresh >= limit) break;
      fresh += 1;
    } else repeats += 1;
    order += 1;
    flight.set(number, order);
    queued += 1;
    sent += 1;
    const bytes = data.subarray(number * options.partBytes, (number + 1) * options.partBytes);
    effects.push({ do: "send", number, bytes });
  }
  effects.push({ do: "timer", ms: options.patienceMs });
  return { state: { ...state, flight, lost, fresh, order, queued, sent, repeats }, effects };
}
