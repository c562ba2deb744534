import { expect, it, vi } from "vitest";
import type { LineState } from "../../core/line/index.ts";
import { EngineError } from "../../core/ports.ts";
import type { VoiceEngine } from "../../core/ports.ts";
import type { Log } from "../logging.ts";
import { signalAnswer } from "./answer-signal.ts";

const log = { debug: () => {} } as Partial<Log> as Log;

it("the wires tell of an answer for as long as a call is up", () => {
  const polarity = vi.fn();
  const engine = { polarity } as Partial<VoiceEngine> as VoiceEngine;
  const states: LineState[] = [
    { state: "ready", tone: "dial" },
    { state: "talking", call: 1, aside: { kind: "waiting", call: 2, number: "", name: "" } },
    { state: "dialing", digits: "0", aside: { kind: "held", call: 1 } },
    { state: "conference", calls: [1, 2] },
    { state: "leaving", call: 1, aside: { kind: "held", call: 2 } },
    { state: "on-hook" },
  ];
  for (const state of states) signalAnswer(0, state, true, engine, log);
  expect(polarity.mock.calls.map(([, reversed]) => reversed)).toEqual([
    false,
    true,
    true,
    true,
    false,
    false,
  ]);
  polarity.mockClear();
  for (const state of states) signalAnswer(0, state, false, engine, log);
  expect(new Set(polarity.mock.calls.map(([, reversed]) => reversed))).toEqual(new Set([false]));
  polarity.mockImplementation(() => {
    throw new EngineError("ENOTSUP", "tn_line_polarity");
  });
  expect(() => signalAnswer(0, { state: "talking", call: 1 }, true, engine, log)).not.toThrow();
});
