import { nextSpeed } from "./speed.ts";
import {
  fail,
  type ConsoleEffect,
  type ConsoleState,
  type Presenting,
  type Seeking,
  type Step,
} from "./state.ts";
import { looksGarbled } from "./text.ts";
import { begin, hello, knock } from "./typing.ts";

const knockEveryMs = 500;
const settledMs = 2 * knockEveryMs;
// An interrupted transfer is echoed for longer than a moment by a board that is slow, or busy.
const surelyGarbledMs = 10_000;
// A ticket has some ten thousand letters: a second at 115,200 baud, twelve at 9,600; checking its signature takes some more.
const presentingMs = 60_000;
const keptBytes = 256;

const nothing = new Uint8Array(0);

const knocking: ConsoleEffect[] = [
  { do: "write", bytes: knock },
  { do: "timer", ms: knockEveryMs },
];

/** Looks for the prompt from wherever the board is. */
export function seek(state: ConsoleState): Step {
  const { baudRate } = state.options;
  return {
    state: {
      ...state,
      phase: "seeking",
      text: "",
      waitedMs: 0,
      heard: nothing,
      banners: 0,
      listening: { baudRate, ms: 0, changes: 0, garbled: false },
    },
    effects: knocking,
  };
}

/** Nothing that ends the search came in time: knocks again, at another speed where this one says nothing good. */
export function knockAgain(state: Seeking): Step {
  const { options, heard } = state;
  const listening = { ...state.listening, ms: state.listening.ms + knockEveryMs };
  const waitedMs = state.waitedMs + knockEveryMs;
  const next: Seeking = { ...state, waitedMs, listening };
  if (waitedMs >= options.seekMs) {
    if (/login: *$/.test(state.text)) return fail(state, "SYSTEM_RUNNING");
    if (listening.garbled) return wrongSpeed(next);
    return fail(state, "NO_ANSWER", { seconds: Math.round(waitedMs / 1000) });
  }
  const other = nextSpeed(listening, heard, options);
  if (other !== undefined) return listenAt(next, other);
  const effects = [...knocking];
  if (waitedMs === 4 * knockEveryMs) effects.push({ do: "hint", hint: "power-the-board", details: {} });
  return { state: next, effects };
}

function listenAt(state: Seeking, baudRate: number): Step {
  const { changes, garbled } = state.listening;
  return {
    state: {
      ...state,
      text: "",
      heard: nothing,
      listening: { baudRate, ms: 0, changes: changes + 1, garbled },
    },
    effects: [
      { do: "speed", baudRate },
      { do: "hint", hint: garbled ? "garbage-heard" : "nothing-heard", details: { baud: baudRate } },
      // Whatever was under way at the old speed has come by the first knock at the new one.
      { do: "timer", ms: knockEveryMs },
    ],
  };
}

function wrongSpeed({ options, listening, ...state }: Seeking): Step {
  const tried = [options.baudRate, ...options.speeds];
  return fail({ ...state, options, listening }, "WRONG_BAUD", { baud: tried.join(", ") });
}

/** Text came while the prompt is looked for. @param bytes the same as they came */
export function onSought(state: Seeking, bytes: Uint8Array): Step {
  // At first the echo of an interrupted transfer may come back, or what was sent at another speed: no text either.
  const settled = state.waitedMs >= settledMs && (state.listening.ms > 0 || state.listening.changes === 0);
  return judge(settled ? { ...state, heard: joinTail(state.heard, bytes) } : state);
}

function judge(state: Seeking): Step {
  const { options, listening } = state;
  const found = /(?:^|\n)(U-Boot (?:SPL |TPL )?\d{4}\.\d\d[^\n]*)\n/.exec(state.text);
  if (found?.[1] !== undefined && found[1] !== "") {
    const banners = state.banners + (found[1].includes(" SPL ") || found[1].includes(" TPL ") ? 0 : 1);
    if (banners >= options.loops) return fail(state, "BOOT_LOOP", { starts: banners });
    const rest = state.text.slice(found.index + found[0].length);
    return judge({ ...state, banners, banner: found[1].trim(), text: rest, heard: nothing });
  }
  const service = /(?:^|\n)service: box (\S*)\n/.exec(state.text);
  if (service) {
    const serial = service[1] ?? "";
    if (!options.ticket) return fail(state, "TICKET_NEEDED", { serial });
    const rest = state.text.slice(service.index + service[0].length);
    const asked = onPresented({ ...knowSpeed(state), phase: "presenting", text: rest, serial, sent: false });
    return { state: asked.state, effects: [{ do: "timer", ms: presentingMs }, ...asked.effects] };
  }
  if (state.text.endsWith(`\n${options.prompt}`) || state.text === options.prompt) {
    const greeted = begin({ ...knowSpeed(state), phase: "ready" }, hello);
    if (listening.baudRate === options.baudRate) return greeted;
    const hint = { do: "hint", hint: "speed-found", details: { baud: listening.baudRate } } as const;
    return { state: greeted.state, effects: [hint, ...greeted.effects] };
  }
  // Checked last: a board that was just powered may send a few odd bytes before its banner.
  if (!looksGarbled(state.heard)) return { state, effects: [] };
  const garbled: Seeking = { ...state, listening: { ...listening, garbled: true } };
  const other = nextSpeed(garbled.listening, state.heard, options);
  if (other !== undefined) return listenAt(garbled, other);
  const isSure = options.speeds.length === 0 && listening.ms >= surelyGarbledMs;
  return isSure ? wrongSpeed(garbled) : { state: garbled, effects: [] };
}

// A board that was understood once keeps its speed: it is looked for no more.
function knowSpeed({ options, listening, ...state }: Seeking): Seeking {
  return { ...state, listening, options: { ...options, baudRate: listening.baudRate, speeds: [] } };
}

/**
 * Text came from a production board that asks for its ticket. It asks three times, and gets it each time: a late knock ends
 * a download, and noise spoils one.
 */
export function onPresented(state: Presenting): Step {
  const { ticket, prompt } = state.options;
  if (state.text.endsWith(`\n${prompt}`)) return begin({ ...state, phase: "ready" }, hello);
  if (/service: (?:this ticket is for box|no ticket to trust)/.test(state.text))
    return fail(state, "TICKET_REFUSED", { serial: state.serial });
  if (!ticket || !state.text.includes("Ready for S-Record download")) return { state, effects: [] };
  return {
    state: { ...state, sent: true, text: "" },
    effects: [
      { do: "write", bytes: ticket },
      { do: "timer", ms: presentingMs },
    ],
  };
}

/** The ticket's time is over. */
export function onUnpresented(state: Presenting): Step {
  return fail(state, state.sent ? "TICKET_REFUSED" : "NO_ANSWER", {
    serial: state.serial,
    seconds: Math.round(presentingMs / 1000),
  });
}

function joinTail(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const joined = new Uint8Array(head.length + tail.length);
  joined.set(head);
  joined.set(tail, head.length);
  return joined.slice(-keptBytes);
}
