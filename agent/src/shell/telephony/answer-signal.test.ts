import { loadProfiles } from "@tonalite/device-profiles/load";
import { expect, it, vi } from "vitest";
import type { LineState } from "../../core/line/index.ts";
import { EngineError } from "../../core/ports.ts";
import type { VoiceEngine } from "../../core/ports.ts";
import type { Log } from "../logging.ts";
import { signalAnswer } from "./answer-signal.ts";

const plain = loadProfiles().regions.get("fr")!;
const metered = { ...plain, line: { ...plain.line, polarityReversal: true } };
const log = { debug: () => {} } as Partial<Log> as Log;

it("the wires tell of an answer where the country looks for it", () => {
  const polarity = vi.fn();
  const engine = { polarity } as Partial<VoiceEngine> as VoiceEngine;
  const states: LineState[] = [
    { state: "ready", tone: "dial" },
    { state: "talking", call: 1 },
    { state: "conference", calls: [1, 2] },
    { state: "on-hook" },
  ];
  for (const state of states) signalAnswer(0, state, metered, engine, log);
  expect(polarity.mock.calls.map(([, reversed]) => reversed)).toEqual([false, true, true, false]);
  for (const state of states) signalAnswer(0, state, plain, engine, log);
  expect(polarity).toHaveBeenCalledTimes(4);
  polarity.mockImplementation(() => {
    throw new EngineError("ENOTSUP", "tn_line_polarity");
  });
  expect(() => signalAnswer(0, { state: "talking", call: 1 }, metered, engine, log)).not.toThrow();
});
