import { createSender, stepSender, type SenderEvent } from "../modem/index.ts";
import {
  consoleDefaults,
  fail,
  type Command,
  type ConsoleEffect,
  type ConsoleEvent,
  type ConsoleOptions,
  type ConsoleState,
  type Presenting,
  type Running,
  type Seeking,
  type Sending,
  type Step,
  type Typing,
} from "./state.ts";
import { looksGarbled, printable } from "./text.ts";

/**
 * Ends whatever listens: CAN ends a transfer and, as Ctrl-X, clears a half-typed line; Ctrl-C ends a command. Any of
 * them interrupts autoboot.
 */
const knock = Uint8Array.of(0x18, 0x18, 0x18, 0x18, 0x03);
const enter = Uint8Array.of(0x0d);
const knockEveryMs = 500;
const settledMs = 2 * knockEveryMs;
const keptText = 8192;
// A ticket has some ten thousand letters: a second at 115,200 baud, twelve at 9,600; checking its signature takes some more.
const presentingMs = 60_000;
// U-Boot 2023.01 (common/env_flags, drivers/serial/serial-uclass.c): 50 ms before it switches, 50 ms after.
const switchingMs = 300;

/** A console nobody has spoken to yet; feed it `seek`. */
export function createConsole(options: Partial<ConsoleOptions> = {}): ConsoleState {
  return { phase: "idle", options: { ...consoleDefaults, ...options }, banner: "", text: "", commands: 0 };
}

/**
 * One step of U-Boot's console. `seek` may come at any time (also after `failed`) and finds the prompt again; a
 * `command` is taken in `ready` only.
 */
export function stepConsole(state: ConsoleState, event: ConsoleEvent): Step {
  switch (event.type) {
    case "seek":
      return seek(state);
    case "command":
      if (state.phase !== "ready") throw new Error(`a command in phase ${state.phase}`);
      return begin(state, event.command);
    case "written":
      return state.phase === "sending" ? feed(state, { type: "sent" }) : { state, effects: [] };
    case "received":
      return onReceived(state, event.bytes);
    case "timeout":
      break;
  }
  return onTimeout(state);
}

function seek(state: ConsoleState): Step {
  return {
    state: {
      ...state,
      phase: "seeking",
      text: "",
      waitedMs: 0,
      heard: new Uint8Array(0),
      banners: 0,
      autoboots: 0,
    },
    effects: [
      { do: "write", bytes: knock },
      { do: "timer", ms: knockEveryMs },
    ],
  };
}

function onTimeout(state: ConsoleState): Step {
  switch (state.phase) {
    case "seeking":
      return knockAgain(state);
    case "presenting":
      return fail(state, state.sent ? "TICKET_REFUSED" : "NO_ANSWER", {
        serial: state.serial,
        seconds: Math.round(presentingMs / 1000),
      });
    case "typing":
      return retype(state);
    case "clearing":
      return type(state, state.command, state.sentinel, state.typings);
    case "sending":
      return feed(state, { type: "timeout" });
    case "switching":
      return {
        state: { ...state, phase: "running", text: "" },
        effects: [
          { do: "write", bytes: enter },
          { do: "timer", ms: state.command.ms },
        ],
      };
    case "running":
      return fail(state, "COMMAND_TIMEOUT", { command: verb(state.command) });
    case "idle":
    case "ready":
    case "failed":
      break;
  }
  return { state, effects: [] };
}

function knockAgain(state: Seeking): Step {
  const waitedMs = state.waitedMs + knockEveryMs;
  const next = { ...state, waitedMs };
  if (waitedMs >= state.options.seekMs) {
    if (/login: *$/.test(state.text)) return fail(state, "SYSTEM_RUNNING");
    return fail(state, "NO_ANSWER", { seconds: Math.round(waitedMs / 1000) });
  }
  const effects: ConsoleEffect[] = [
    { do: "write", bytes: knock },
    { do: "timer", ms: knockEveryMs },
  ];
  if (waitedMs === 4 * knockEveryMs) effects.push({ do: "hint", hint: "power-the-board" });
  return { state: next, effects };
}

function onReceived(state: ConsoleState, bytes: Uint8Array): Step {
  if (state.phase === "sending") return feedBytes(state, bytes);
  const heard = { ...state, text: (state.text + printable(bytes)).slice(-keptText) };
  switch (heard.phase) {
    case "seeking":
      // At first the echo of an interrupted transfer may come back, which is no text either.
      return heard.waitedMs < settledMs
        ? onSought(heard)
        : onSought({ ...heard, heard: joinTail(heard.heard, bytes) });
    case "presenting":
      return onPresented(heard);
    case "typing":
      return onEcho(heard);
    case "running":
      return onAnswer(heard);
    case "idle":
    case "ready":
    case "clearing":
    case "switching":
    case "failed":
      return { state: heard, effects: [] };
    default:
      return { state, effects: [] };
  }
}

function onSought(state: Seeking): Step {
  const found = /(?:^|\n)(U-Boot (?:SPL |TPL )?\d{4}\.\d\d[^\n]*)\n/.exec(state.text);
  if (found?.[1] !== undefined && found[1] !== "") {
    const banners = state.banners + (found[1].includes(" SPL ") || found[1].includes(" TPL ") ? 0 : 1);
    if (banners >= state.options.loops) return fail(state, "BOOT_LOOP", { starts: banners });
    const rest = state.text.slice(found.index + found[0].length);
    return onSought({ ...state, banners, banner: found[1].trim(), text: rest, heard: new Uint8Array(0) });
  }
  const service = /(?:^|\n)service: box (\S*)\n/.exec(state.text);
  if (service) {
    const serial = service[1] ?? "";
    if (!state.options.ticket) return fail(state, "TICKET_NEEDED", { serial });
    const rest = state.text.slice(service.index + service[0].length);
    const asked = onPresented({ ...state, phase: "presenting", text: rest, serial, sent: false });
    return { state: asked.state, effects: [{ do: "timer", ms: presentingMs }, ...asked.effects] };
  }
  if (state.text.endsWith(`\n${state.options.prompt}`) || state.text === state.options.prompt)
    return begin({ ...state, phase: "ready" }, hello);
  // Checked last: a board that was just powered may send a few odd bytes before its banner.
  if (looksGarbled(state.heard)) return fail(state, "WRONG_BAUD");
  return { state, effects: [] };
}

// The ticket is sent once: what the board refuses it would refuse again.
function onPresented(state: Presenting): Step {
  const { ticket, prompt } = state.options;
  if (state.text.endsWith(`\n${prompt}`)) return begin({ ...state, phase: "ready" }, hello);
  const refused = /service: (?:this ticket is for box|no ticket to trust)/.test(state.text);
  const again = state.text.lastIndexOf("Ready for S-Record download") > 0 && state.sent;
  if (refused || again) return fail(state, "TICKET_REFUSED", { serial: state.serial });
  if (state.sent || !ticket || !state.text.includes("Ready for S-Record download"))
    return { state, effects: [] };
  return {
    state: { ...state, sent: true, text: "" },
    effects: [
      { do: "write", bytes: ticket },
      { do: "timer", ms: presentingMs },
    ],
  };
}

/** The first command after a prompt was seen: its answer proves that someone reads what we type. */
const hello: Command = { line: "true", ms: 3_000 };

function begin(state: ConsoleState, command: Command): Step {
  const sentinel = `tnl${(state.commands + 1) % 1000}`;
  return type({ ...state, commands: state.commands + 1 }, command, sentinel, 0);
}

// `$?` goes over the line as two characters and comes back as a number: the echo can not be taken for the answer.
function typed(command: Command, sentinel: string): string {
  return `${command.line}; echo ${sentinel}-$?`;
}

function type(state: ConsoleState, command: Command, sentinel: string, typings: number): Step {
  const bytes = Uint8Array.from(typed(command, sentinel), (letter) => letter.charCodeAt(0));
  return {
    state: { ...state, phase: "typing", text: "", command, sentinel, typings: typings + 1 },
    effects: [
      { do: "write", bytes },
      { do: "timer", ms: state.options.echoMs },
    ],
  };
}

// Enter is pressed only once the echo shows the line as it was meant: what noise made of a command is never executed.
function onEcho(state: Typing): Step {
  const line = typed(state.command, state.sentinel);
  if (restarted(state.text)) return fail(state, "BOARD_RESTARTED");
  if (state.text.endsWith(line) && !state.text.slice(0, -line.length).endsWith(line.slice(0, 1)))
    return {
      state: { ...state, phase: "running", text: "" },
      effects: [
        { do: "write", bytes: enter },
        { do: "timer", ms: state.command.ms },
      ],
    };
  return { state, effects: [] };
}

function retype(state: Typing): Step {
  if (state.typings >= state.options.typings)
    return state.text === ""
      ? fail(state, "NO_ANSWER", { seconds: Math.round((state.options.echoMs * state.typings) / 1000) })
      : fail(state, "LINE_NOISY", { command: verb(state.command) });
  return {
    state: { ...state, phase: "clearing" },
    effects: [
      { do: "write", bytes: knock },
      { do: "timer", ms: Math.min(300, state.options.echoMs) },
    ],
  };
}

function onAnswer(state: Running): Step {
  const { command, sentinel, options } = state;
  const end = new RegExp(`(?:^|\\n)?${sentinel}-(\\d{1,3})\\n(?:[^\\n]*\\n)*?${escape(options.prompt)}$`);
  const found = end.exec(state.text);
  if (found) {
    const text = state.text.slice(0, found.index).replace(/^\n/, "").trim();
    if (command === hello)
      return {
        state: { ...state, phase: "ready", text: "" },
        effects: [{ do: "ready", banner: state.banner }],
      };
    return {
      state: { ...state, phase: "ready", text: "" },
      effects: [{ do: "answer", code: Number(found[1]), text }],
    };
  }
  if (restarted(state.text)) return fail(state, "BOARD_RESTARTED");
  if (
    command.baudRate !== undefined &&
    /## Switch baudrate to \d+ bps and press ENTER \.\.\.\n/.test(state.text)
  )
    return {
      state: { ...state, phase: "switching", text: "" },
      effects: [
        { do: "speed", baudRate: command.baudRate },
        { do: "timer", ms: switchingMs },
      ],
    };
  const asks = command.payload && /Ready for binary \([xy]modem\)[^\n]*\n/.exec(state.text);
  if (command.payload && asks) {
    const sender = createSender(command.payload, options.sender);
    const sending = feed({ ...state, phase: "sending", text: "", sender }, { type: "begin" });
    // The receiver's first C may have come along; it is plain text.
    const rest = state.text.slice(asks.index + asks[0].length);
    const bytes = Uint8Array.from(rest, (letter) => letter.charCodeAt(0));
    const next = onReceived(sending.state, bytes);
    return { state: next.state, effects: [...sending.effects, ...next.effects] };
  }
  return { state, effects: [] };
}

function feedBytes(state: Sending, bytes: Uint8Array): Step {
  // The start of a board is told in text, which is nothing that a receiver says.
  const text = (state.text + printable(bytes)).slice(-256);
  if (restarted(text)) return fail(state, "BOARD_RESTARTED");
  return feed({ ...state, text }, { type: "received", bytes });
}

function feed(state: Sending, event: SenderEvent): Step {
  const { state: sender, effects } = stepSender(state.sender, event);
  if (sender.phase === "failed") {
    const failed = fail(state, "TRANSFER_FAILED", { cause: sender.failure });
    return { state: failed.state, effects: [...effects, ...failed.effects] };
  }
  if (sender.phase !== "done") return { state: { ...state, sender }, effects };
  const after = onReceived({ ...state, phase: "running", text: "" }, sender.rest);
  return {
    state: after.state,
    effects: [...effects, { do: "timer", ms: state.command.ms }, ...after.effects],
  };
}

// The command `version` prints the same first line; only a start goes on with the memory.
function restarted(text: string): boolean {
  return /(?:^|\n)U-Boot (?:SPL |TPL )?\d{4}\.\d\d[^\n]*\n[^]*?\nDRAM: /.test(text);
}

function verb(command: Command): string {
  return command.line.split(" ").slice(0, 2).join(" ");
}

function joinTail(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const joined = new Uint8Array(head.length + tail.length);
  joined.set(head);
  joined.set(tail, head.length);
  return joined.slice(-256);
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
