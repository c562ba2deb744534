import { fail, type Command, type ConsoleState, type Step, type Typing } from "./state.ts";

/**
 * Ends whatever listens: CAN ends a transfer and, as Ctrl-X, clears a half-typed line; Ctrl-C ends a command. Any of
 * them interrupts autoboot.
 */
export const knock = Uint8Array.of(0x18, 0x18, 0x18, 0x18, 0x03);
export const enter = Uint8Array.of(0x0d);

/** The first command after a prompt was seen: its answer proves that someone reads what we type. */
export const hello: Command = { line: "true", ms: 3_000 };

export function begin(state: ConsoleState, command: Command): Step {
  const sentinel = `tnl${(state.commands + 1) % 1000}`;
  return type({ ...state, commands: state.commands + 1 }, command, sentinel, 0);
}

// `$?` goes over the line as two characters and comes back as a number: the echo can not be taken for the answer.
function typed(command: Command, sentinel: string): string {
  return `${command.line}; echo ${sentinel}-$?`;
}

export function type(state: ConsoleState, command: Command, sentinel: string, typings: number): Step {
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
export function onEcho(state: Typing): Step {
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

export function retype(state: Typing): Step {
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

// The command `version` prints the same first line; only a start goes on with the memory.
export function restarted(text: string): boolean {
  return /(?:^|\n)U-Boot (?:SPL |TPL )?\d{4}\.\d\d[^\n]*\n[^]*?\nDRAM: /.test(text);
}

export function verb(command: Command): string {
  return command.line.split(" ").slice(0, 2).join(" ");
}
