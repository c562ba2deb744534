/** The functions of libtonalite.so as an FFI adapter gives them: numbers and pointers to bytes, nothing else. */
type Pointer = Buffer | null;

export interface EngineLibrary {
  tn_abi_version(): number;
  /** `eventFd`: 4 bytes that receive the descriptor. */
  tn_open(config: Pointer, eventFd: Pointer): number;
  tn_close(): number;
  tn_line_setup(line: number, setup: Pointer): number;
  tn_line_tone(line: number, tone: Pointer): number;
  tn_line_ring(line: number, ring: Pointer): number;
  tn_line_off_hook(line: number): number;
  tn_line_polarity(line: number, reversed: number): number;
  tn_line_identify(line: number, caller: Pointer): number;
  tn_line_lamp(line: number, lamp: Pointer): number;
  tn_account(line: number, account: Pointer): number;
  tn_call_place(line: number, number: Pointer, wishes: Pointer): number;
  tn_call_answer(call: number): number;
  tn_call_hangup(call: number, code: number, reason: Pointer): number;
  tn_call_hold(call: number, on: number): number;
  tn_line_conference(line: number, on: number): number;
  tn_call_transfer(call: number, number: Pointer): number;
  tn_call_join(call: number, other: number): number;
  tn_watch(seconds: number, tone: Pointer): number;
  tn_sim_hook(line: number, offHook: number): number;
  tn_sim_flash(line: number, ms: number): number;
  tn_sim_dial(line: number, keys: Pointer): number;
  tn_sim_pulse(line: number, digits: Pointer, breakMs: number, makeMs: number): number;
  tn_sim_speak(line: number, frequency: number, durationMs: number, level: number): number;
  /** `json`: the bytes that receive the object. */
  tn_sim_heard(line: number, json: Pointer, capacity: number): number;
  tn_sim_forget(line: number): number;
  tn_sim_record(line: number, path: Pointer): number;
  tn_sim_fax(line: number, path: Pointer, sends: number): number;
}

type Argument = "i32" | "u32" | "pointer";
type Signature = { readonly result: "i32" | "u32"; readonly arguments: readonly Argument[] };
const int = (...args: Argument[]): Signature => ({ result: "i32", arguments: args });

/** tonalite.h, as every adapter declares it. */
export const signatures: Readonly<Record<keyof EngineLibrary, Signature>> = {
  tn_abi_version: { result: "u32", arguments: [] },
  tn_open: int("pointer", "pointer"),
  tn_close: int(),
  tn_line_setup: int("i32", "pointer"),
  tn_line_tone: int("i32", "pointer"),
  tn_line_ring: int("i32", "pointer"),
  tn_line_off_hook: int("i32"),
  tn_line_polarity: int("i32", "i32"),
  tn_line_identify: int("i32", "pointer"),
  tn_line_lamp: int("i32", "pointer"),
  tn_account: int("i32", "pointer"),
  tn_call_place: int("i32", "pointer", "pointer"),
  tn_call_answer: int("i32"),
  tn_call_hangup: int("i32", "i32", "pointer"),
  tn_call_hold: int("i32", "i32"),
  tn_line_conference: int("i32", "i32"),
  tn_call_transfer: int("i32", "pointer"),
  tn_call_join: int("i32", "i32"),
  tn_watch: int("u32", "pointer"),
  tn_sim_hook: int("i32", "i32"),
  tn_sim_flash: int("i32", "u32"),
  tn_sim_dial: int("i32", "pointer"),
  tn_sim_pulse: int("i32", "pointer", "u32", "u32"),
  tn_sim_speak: int("i32", "u32", "u32", "i32"),
  tn_sim_heard: int("i32", "pointer", "i32"),
  tn_sim_forget: int("i32"),
  tn_sim_record: int("i32", "pointer"),
  tn_sim_fax: int("i32", "pointer", "i32"),
};

/** Which FFI package carries the calls. */
export const adapters = ["koffi", "ffi-napi"] as const;
export type Adapter = (typeof adapters)[number];

/** @throws EngineError ELIBACC when the package or the library cannot be loaded. */
export type LoadLibrary = (path: string) => EngineLibrary;
