import type { UdpAddress } from "./stun.ts";

/** Device.ManagementServer.STUNMinimumKeepAlivePeriod and …Maximum… in milliseconds. */
export type KeepAliveLimits = { minimum: number; maximum: number };

/**
 * How the box stays reachable through a NAT (TR-069 Annex G §G.2.1). `asking`: a request is out; `kept`: the binding is known;
 * `trying`: the binding was left alone for `period`, and an answer to the awaited port will show that it still stands.
 */
export type Binding = {
  state: "asking" | "kept" | "trying" | "unanswered";
  /** Requests without an answer. */
  attempts: number;
  mapped?: UdpAddress;
  /** A pause that the NAT is known to bear. */
  safe: number;
  /** The longest pause that may be tried; equal to `safe` once the search is over. */
  ceiling: number;
  /** The pause under trial. */
  period: number;
  limits: KeepAliveLimits;
};

export type BindingEvent =
  | { event: "due" }
  /** An answer came; `mapped` as the server saw the box, `atAwaited` when it reached the port of connection requests. */
  | { event: "answered"; mapped: UdpAddress | undefined }
  | { event: "timed-out" }
  /** The server will not answer to another port than the asking one: nothing can be tried. */
  | { event: "cannot-try" };

export type BindingEffect =
  /** Asks from the awaited port; `changed` tells the server that the binding is new. */
  | { do: "ask"; changed: boolean }
  /** Asks from another port, for an answer to the awaited one. */
  | { do: "try"; answerTo: UdpAddress }
  /** An answer is awaited so long, in milliseconds. */
  | { do: "await"; time: number }
  | { do: "wait"; time: number }
  | { do: "publish"; mapped: UdpAddress };

/** RFC 3489 §9.3: first 100 ms, doubled up to 1.6 s, nine times in all. */
const firstPatience = 100;
const mostPatience = 1600;
const mostAttempts = 9;
/** After all of them: the network or the server is away. */
const pauseAfterSilence = 60_000;
/** What any NAT bears (RFC 4787 REQ-5 asks for two minutes; cheap ones give 30 s). */
const usualMinimum = 25_000;
/** Beyond half an hour nothing is saved any more. */
const usualMaximum = 1_800_000;

/** @param maximum -1: none @param minimum both in seconds, as the data model has them */
export const keepAliveLimits = (minimum: number, maximum: number): KeepAliveLimits => {
  const low = minimum > 0 ? minimum * 1000 : usualMinimum;
  return { minimum: low, maximum: Math.max(low, maximum < 0 ? usualMaximum : maximum * 1000) };
};

export function startBinding(limits: KeepAliveLimits): { binding: Binding; effects: BindingEffect[] } {
  const { maximum, minimum } = limits;
  const binding: Binding = {
    state: "asking",
    attempts: 1,
    safe: minimum,
    ceiling: maximum,
    period: minimum,
    limits,
  };
  return { binding, effects: ask(binding, false) };
}

/** One step. Pure; the shell sends and waits. */
export function stepBinding(
  binding: Binding,
  event: BindingEvent,
): { binding: Binding; effects: BindingEffect[] } {
  switch (event.event) {
    case "due":
      return due(binding);
    case "answered":
      return binding.state === "trying" ? survived(binding) : answered(binding, event.mapped);
    case "timed-out":
      return timedOut(binding);
    case "cannot-try":
      break;
  }
  return binding.state === "trying"
    ? askAgain({ ...binding, ceiling: binding.safe })
    : { binding, effects: [] };
}

function due(binding: Binding): { binding: Binding; effects: BindingEffect[] } {
  const { mapped, period, safe } = binding;
  if (binding.state !== "kept" || period <= safe || mapped === undefined) return askAgain(binding);
  const trying: Binding = { ...binding, state: "trying", attempts: 1 };
  return {
    binding: trying,
    effects: [
      { do: "try", answerTo: mapped },
      { do: "await", time: mostPatience },
    ],
  };
}

function answered(
  binding: Binding,
  mapped: UdpAddress | undefined,
): { binding: Binding; effects: BindingEffect[] } {
  if (mapped === undefined) return { binding, effects: [] };
  const { mapped: before } = binding;
  const changed = before !== undefined && (before.address !== mapped.address || before.port !== mapped.port);
  // A binding that went although its pause was known to be safe: the NAT is another, or it restarted.
  const searched = changed && binding.period <= binding.safe ? restarted(binding) : binding;
  const kept = plan({ ...searched, state: "kept", attempts: 0, mapped });
  const effects: BindingEffect[] = [
    ...(before === undefined || changed ? [{ do: "publish", mapped } as const] : []),
    { do: "wait", time: kept.period },
  ];
  // §G.2.1.2: the server learns of a change by a request that says so; its answer is not waited for.
  return { binding: kept, effects: changed ? [{ do: "ask", changed: true }, ...effects] : effects };
}

/** The next pause: halfway to the ceiling, at most twice what is known; what is known once the search is over. */
function plan(binding: Binding): Binding {
  const { ceiling, safe } = binding;
  const over = ceiling - safe < Math.max(safe / 4, 5000);
  return { ...binding, period: over ? safe : Math.min(safe * 2, Math.floor((safe + ceiling) / 2)) };
}

const restarted = (binding: Binding): Binding => ({
  ...binding,
  safe: binding.limits.minimum,
  ceiling: Math.max(binding.limits.minimum, Math.floor(binding.safe * 0.75)),
});

/** The binding outlived the pause. */
const survived = (binding: Binding): { binding: Binding; effects: BindingEffect[] } =>
  askAgain({ ...binding, safe: binding.period });

function timedOut(binding: Binding): { binding: Binding; effects: BindingEffect[] } {
  if (binding.state === "trying") {
    const { attempts, mapped, period } = binding;
    // One lost datagram is no proof.
    if (attempts < 3 && mapped !== undefined)
      return {
        binding: { ...binding, attempts: attempts + 1 },
        effects: [
          { do: "try", answerTo: mapped },
          { do: "await", time: mostPatience },
        ],
      };
    return askAgain({ ...binding, ceiling: Math.max(binding.safe, Math.floor(period * 0.9)) });
  }
  if (binding.state !== "asking") return { binding, effects: [] };
  if (binding.attempts >= mostAttempts)
    return {
      binding: { ...binding, state: "unanswered", attempts: 0 },
      effects: [{ do: "wait", time: pauseAfterSilence }],
    };
  const again: Binding = { ...binding, attempts: binding.attempts + 1 };
  return { binding: again, effects: ask(again, false) };
}

const askAgain = (binding: Binding): { binding: Binding; effects: BindingEffect[] } => {
  const asking: Binding = { ...binding, state: "asking", attempts: 1 };
  return { binding: asking, effects: ask(asking, false) };
};

const ask = ({ attempts }: Binding, changed: boolean): BindingEffect[] => [
  { do: "ask", changed },
  { do: "await", time: Math.min(firstPatience * 2 ** (attempts - 1), mostPatience) },
];
