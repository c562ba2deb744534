import { control, encodeBlock, encodeFileHeader } from "./frame.ts";

export type SenderOptions = {
  protocol: "ymodem" | "xmodem";
  /** Announced by YMODEM only: 1 to 100 plain characters. */
  name: string;
  /** Longest wait for the receiver's first word, in ms. */
  startMs: number;
  /**
   * How long YMODEM's request for data is waited for after the header, in ms. U-Boot 2023.01 makes it only after two
   * time-outs (4 s), but takes the first block at once.
   */
  requestMs: number;
  /** Longest wait for an answer once a block has left, in ms. A receiver's own time-out (U-Boot: 2 s) must fit in. */
  answerMs: number;
  /** How often one block is sent before the transfer fails. */
  tries: number;
};

export const senderDefaults: SenderOptions = {
  protocol: "ymodem",
  name: "image",
  startMs: 30_000,
  requestMs: 250,
  answerMs: 6_000,
  tries: 12,
};

/** Why a transfer ended early. */
export type TransferFailure = "no-receiver" | "cancelled" | "too-many-errors";

type Phase =
  /** waits for the receiver's C */
  | { phase: "start" }
  | { phase: "header" }
  /** YMODEM: the header is accepted, the receiver asks for data */
  | { phase: "data-request" }
  | { phase: "block"; number: number; offset: number; size: 128 | 1024 }
  | { phase: "end" }
  /** YMODEM: the receiver asks for the next file */
  | { phase: "next-file" }
  | { phase: "closing" }
  /** `rest`: what came after the receiver's last word, and is not for us */
  | { phase: "done"; rest: Uint8Array }
  | { phase: "failed"; failure: TransferFailure };

export type SenderState = Phase & {
  data: Uint8Array;
  options: SenderOptions;
  /** YMODEM-g (Forsberg §5.1): the receiver asked with G, and answers no block */
  streaming: boolean;
  /** how often the current block was sent */
  tries: number;
  /** blocks and other words sent again, in all */
  repeats: number;
  /** consecutive CANs: one alone may be noise (Forsberg §7.3.2) */
  cancels: number;
};

export type SenderEvent =
  | { type: "begin" }
  | { type: "received"; bytes: Uint8Array }
  /** what was to be written has left: from now on the receiver is late */
  | { type: "sent" }
  | { type: "timeout" };

export type SenderEffect =
  | { do: "write"; bytes: Uint8Array }
  /** replaces the timer that runs */
  | { do: "timer"; ms: number }
  | { do: "progress"; sent: number; total: number };

type Step = { state: SenderState; effects: SenderEffect[] };

/** A sender that has not begun; feed it `begin`. */
export function createSender(data: Uint8Array, options: Partial<SenderOptions> = {}): SenderState {
  return {
    phase: "start",
    data,
    options: { ...senderDefaults, ...options },
    streaming: false,
    tries: 0,
    repeats: 0,
    cancels: 0,
  };
}

/** One step of an XMODEM-CRC/-1K or YMODEM(-g) sender. `done` and `failed` are final. */
export function stepSender(state: SenderState, event: SenderEvent): Step {
  if (state.phase === "done" || state.phase === "failed") return { state, effects: [] };
  if (event.type === "begin") return { state, effects: [{ do: "timer", ms: state.options.startMs }] };
  if (event.type === "sent") return onSent(state);
  return event.type === "timeout" ? onTimeout(state) : onReceived(state, event.bytes);
}

// Who streams sends one block after the other: no answer comes but CAN.
function onSent(state: SenderState): Step {
  if (state.streaming && state.phase === "block")
    return afterBlock(state, state.number, state.offset + state.size);
  return { state, effects: [{ do: "timer", ms: state.options.answerMs }] };
}

// One answer a piece: what arrives together with the answer that makes us write is older than what we write then, and a
// doubled ACK must not stand for the next block's.
function onReceived(state: SenderState, bytes: Uint8Array): Step {
  let next = state;
  const effects: SenderEffect[] = [];
  for (const [index, byte] of bytes.entries()) {
    const step = onByte(next, byte);
    if (step.state.phase === "done")
      return {
        state: { ...step.state, rest: bytes.slice(index + 1) },
        effects: [...effects, ...step.effects],
      };
    next = step.state;
    effects.push(...step.effects);
    if (next.phase === "failed" || step.effects.some((effect) => effect.do === "write")) break;
  }
  return { state: next, effects };
}

function onByte(state: SenderState, byte: number): Step {
  if (byte === control.CAN) return onCancel(state);
  return onAnswer(state.cancels === 0 ? state : { ...state, cancels: 0 }, byte);
}

function onAnswer(asked: SenderState, byte: number): Step {
  // A receiver that says C answers blocks: the G before was a C that noise made one.
  const state = byte === control.C && asked.streaming ? { ...asked, streaming: false } : asked;
  const ymodem = state.options.protocol === "ymodem";
  switch (state.phase) {
    case "start":
      if (byte === control.G && ymodem) return enter({ ...state, streaming: true }, { phase: "header" });
      if (byte !== control.C) break;
      return ymodem ? enter(state, { phase: "header" }) : enter(state, blockAt(state, 1, 0));
    case "header":
      if (byte === control.ACK) return wait(state, { phase: "data-request" }, state.options.requestMs);
      if (byte === control.G && state.streaming) return enter(state, blockAt(state, 1, 0));
      // The ACK was lost, and the receiver asks for data (or for the header again: then block 1 makes it say so).
      if (byte === control.NAK || byte === control.C) return again(state);
      break;
    case "data-request":
      if (byte === request(state)) return enter(state, blockAt(state, 1, 0));
      break;
    case "block":
      // What a stream has lost is lost: the receiver ends it.
      if (state.streaming) break;
      if (byte === control.ACK) return afterBlock(state, state.number, state.offset + state.size);
      // A receiver that still says C has not understood block 1.
      if (byte === control.NAK || (byte === control.C && state.number === 1)) return again(state);
      break;
    case "end":
      if (byte === control.ACK) return ymodem ? wait(state, { phase: "next-file" }) : finish(state);
      // Many receivers refuse the first EOT to be sure it is none of the data.
      if (byte === control.NAK) return again(state);
      break;
    case "next-file":
      if (byte === request(state)) return enter(state, { phase: "closing" });
      break;
    case "closing":
      if (byte === control.ACK) return finish(state);
      if (byte === control.NAK) return again(state);
      break;
    case "done":
    case "failed":
      break;
  }
  return { state, effects: [] };
}

function request({ streaming }: SenderState): number {
  return streaming ? control.G : control.C;
}

function onTimeout(state: SenderState): Step {
  switch (state.phase) {
    case "start":
      return fail(state, "no-receiver");
    // The request is late or lost: block 1 makes the receiver say ACK or NAK.
    case "data-request":
      return enter(state, blockAt(state, 1, 0));
    // The file has arrived (EOT is acknowledged); what follows is only manners.
    case "next-file":
    case "closing":
      return finish(state);
    case "header":
    case "block":
    case "end":
      return again(state);
    case "done":
    case "failed":
      break;
  }
  return { state, effects: [] };
}

function onCancel(state: SenderState): Step {
  const cancels = state.cancels + 1;
  return cancels < 2 ? { state: { ...state, cancels }, effects: [] } : fail(state, "cancelled");
}

function blockAt(state: SenderState, number: number, offset: number): Phase {
  if (offset >= state.data.length) return { phase: "end" };
  // A short rest goes in small blocks: less filler than one large one.
  const size = state.data.length - offset > 896 ? 1024 : 128;
  return { phase: "block", number, offset, size };
}

function afterBlock(state: SenderState, number: number, offset: number): Step {
  const next = enter(state, blockAt(state, number + 1, offset));
  const total = state.data.length;
  return {
    state: next.state,
    effects: [...next.effects, { do: "progress", sent: Math.min(offset, total), total }],
  };
}

function enter(state: SenderState, phase: Phase): Step {
  const next: SenderState = { ...state, ...phase, tries: 1 };
  return { state: next, effects: [{ do: "write", bytes: wordOf(next) }] };
}

function wait(state: SenderState, phase: Phase, ms = state.options.answerMs): Step {
  return { state: { ...state, ...phase }, effects: [{ do: "timer", ms }] };
}

function again(state: SenderState): Step {
  if (state.tries >= state.options.tries) return fail(state, "too-many-errors");
  const next = { ...state, tries: state.tries + 1, repeats: state.repeats + 1 };
  return { state: next, effects: [{ do: "write", bytes: wordOf(next) }] };
}

function wordOf(state: SenderState): Uint8Array {
  switch (state.phase) {
    case "header":
      return encodeFileHeader({ name: state.options.name, size: state.data.length });
    case "block":
      return encodeBlock(
        state.number,
        state.data.subarray(state.offset, state.offset + state.size),
        state.size,
      );
    case "end":
      return Uint8Array.of(control.EOT);
    case "closing":
      return encodeFileHeader();
    case "start":
    case "data-request":
    case "next-file":
    case "done":
    case "failed":
      break;
  }
  return new Uint8Array(0);
}

function finish(state: SenderState): Step {
  return { state: { ...state, phase: "done", rest: new Uint8Array(0) }, effects: [] };
}

// Eight CANs: what lrzsz and Forsberg's rz send, enough to end any receiver.
function fail(state: SenderState, failure: TransferFailure): Step {
  return {
    state: { ...state, phase: "failed", failure },
    effects: [{ do: "write", bytes: new Uint8Array(8).fill(control.CAN) }],
  };
}
