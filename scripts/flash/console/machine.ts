import { createSender, stepSender, type SenderEvent } from "../modem/index.ts";
import {
  consoleDefaults,
  fail,
  type ConsoleEvent,
  type ConsoleOptions,
  type ConsoleState,
  type Running,
  type Sending,
  type Step,
} from "./state.ts";
import { knockAgain, onPresented, onSought, onUnpresented, seek } from "./seeking.ts";
import { printable } from "./text.ts";
import { begin, enter, hello, onEcho, restarted, retype, type, verb } from "./typing.ts";

// A piece of memory that the board prints, and what belongs to it.
const keptText = 24 * 1024;
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

function onTimeout(state: ConsoleState): Step {
  switch (state.phase) {
    case "seeking":
      return knockAgain(state);
    case "presenting":
      return onUnpresented(state);
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

function onReceived(state: ConsoleState, bytes: Uint8Array): Step {
  if (state.phase === "sending") return feedBytes(state, bytes);
  const heard = { ...state, text: (state.text + printable(bytes)).slice(-keptText) };
  switch (heard.phase) {
    case "seeking":
      return onSought(heard, bytes);
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
  if (command.leaves !== undefined && state.text.includes(command.leaves))
    return {
      state: { ...state, phase: "ready", text: "" },
      effects: [{ do: "answer", code: 0, text: state.text }],
    };
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

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
