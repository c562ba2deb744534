/** What a test of the voice service came to: in words for support staff, figures beside them. */
import type { EngineCallEnded, EngineRegistrationEvent } from "../engine-event.ts";
import type { TestOutcome } from "./tests.ts";

const longest = 1024;
const noFigures: Readonly<Record<string, string>> = Object.fromEntries(
  [
    "SetupTime",
    "PacketsSent",
    "PacketsReceived",
    "PacketsLost",
    "Jitter",
    "RoundTripTime",
    "BurstsSent",
    "BurstsHeard",
    "EchoDelay",
    "ListeningQuality",
  ].map((name) => [name, "0"]),
);

/** The test did not begin, or came to nothing. */
export const refusedOutcome = (why: string): TestOutcome => ({
  state: "Error_Other",
  values: { ...noFigures, Result: why.slice(0, longest) },
});

const milliseconds = (microseconds: number): string => (microseconds / 1000).toFixed(1);

/**
 * A call to a number that echoes.
 * @param ended undefined when the engine did not tell its end
 * @param madeWay somebody lifted the handset, or called
 */
export function echoCallOutcome(
  number: string,
  ended: EngineCallEnded | undefined,
  madeWay: boolean,
): TestOutcome {
  if (ended === undefined) return refusedOutcome("the call did not end in time");
  if (ended.answerUs === 0) {
    if (madeWay) return refusedOutcome("the test made way for the subscriber before the far end answered");
    if (ended.by === "local") return refusedOutcome(`${number} did not answer`);
    return refusedOutcome(`${number} was not reached: ${ended.code} ${ended.reason}`.trim());
  }
  const { mos, probeDelayMs, probesHeard, probesSent, rttUs, rxJitterUs, rxPackets, txPackets } = ended;
  const setup = Math.round((ended.answerUs - ended.startUs) / 1000);
  const lost = Math.max(0, ended.rxLost);
  const words = [
    ...(madeWay ? ["The test was cut short for the subscriber"] : []),
    `${number} answered after ${setup} ms`,
    echoWords(ended),
    ...(rxPackets > 0
      ? [
          `${((100 * lost) / (rxPackets + lost)).toFixed(1)} % of the packets from there were lost, jitter ${milliseconds(rxJitterUs)} ms`,
        ]
      : []),
    ...(rttUs > 0 ? [`round trip of the network ${milliseconds(rttUs)} ms`] : []),
    ...(mos > 0 ? [`listening quality ${(mos / 100).toFixed(1)} of 4.5`] : []),
  ];
  const figures = {
    SetupTime: setup,
    PacketsSent: txPackets,
    PacketsReceived: rxPackets,
    PacketsLost: lost,
    Jitter: rxJitterUs,
    RoundTripTime: rttUs,
    BurstsSent: probesSent,
    BurstsHeard: probesHeard,
    EchoDelay: probeDelayMs,
    ListeningQuality: mos,
  };
  const values = Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, String(value)]));
  return { state: "Complete", values: { ...values, Result: `${words.join("; ")}.`.slice(0, longest) } };
}

function echoWords({ probeDelayMs, probesHeard, probesSent, rxPackets }: EngineCallEnded): string {
  if (probesHeard > 0)
    return `the echo came back ${probesHeard} of ${probesSent} times, after ${probeDelayMs} ms`;
  if (rxPackets === 0) return "no sound came back: not a single packet arrived";
  return "packets arrived but not our own sound: the far end does not echo, or our sound does not reach it";
}

/** One thing the engine told of a registration, so long after the test began. */
export type RegistrationStep = Pick<
  EngineRegistrationEvent,
  "state" | "code" | "reason" | "expires" | "proxy"
> & { readonly afterMs: number };

/** A registration, step by step. */
export function registrationOutcome(steps: readonly RegistrationStep[]): TestOutcome {
  const last = steps.at(-1);
  const verdict =
    last === undefined
      ? "Nothing happened: the engine told nothing of a registration."
      : last.state === "registered"
        ? "The line registers:"
        : "The line does not register:";
  const Result = [verdict, steps.map(stepWords).join("; ")].join(" ").trim().slice(0, longest);
  return { state: "Complete", values: { ...noFigures, Result } };
}

function stepWords({ afterMs, code, expires, proxy, reason, state }: RegistrationStep): string {
  const answer = [...(code === 0 ? [] : [code]), reason].join(" ").trim() || "no reason given";
  switch (state) {
    case "registering":
      return `after ${afterMs} ms asks ${proxy}`;
    case "registered":
      return `after ${afterMs} ms registered for ${expires} s (${answer})`;
    case "failed":
      return `after ${afterMs} ms refused or not answered (${answer})`;
    case "unregistered":
      break;
  }
  return `after ${afterMs} ms no longer registered (${answer})`;
}

/** What a line circuit tells that measures nothing but its loop; TR-104 names the tests of one that does. */
export function lineOutcome(offHook: boolean): TestOutcome {
  const hook = offHook
    ? "The handset is off its hook, or the wires touch"
    : "The handset is on its hook, or no telephone is connected";
  const Result = `${hook}. Not supported by this line circuit: hazard potential, foreign voltage, resistive faults, REN.`;
  return { state: "Complete", values: { ...noFigures, Result } };
}

/** The bell, and whether the loop closed. */
export function ringOutcome(rings: number, ending: "lifted" | "called" | "quiet"): TestOutcome {
  if (ending === "called") return refusedOutcome("the test made way for a call that came in");
  const bell = rings > 0 ? "The line rang" : "The line did not ring";
  const loop =
    ending === "lifted"
      ? "the handset was lifted: the loop closes"
      : "nobody lifted the handset: ask the subscriber whether the telephone was heard";
  return { state: "Complete", values: { ...noFigures, Result: `${bell}; ${loop}.` } };
}
