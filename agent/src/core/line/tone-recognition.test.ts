import { loadProfiles } from "@tonalite/device-profiles/load";
import { describe, expect, it } from "vitest";
import type { Heard } from "../ports.ts";
import { recognizeTone } from "./index.ts";

const { regions } = loadProfiles();
const { tones } = regions.get("fr")!;

/** Measurements 50 ms apart: [frequencies, cadence, sounding] for so many steps each. */
function listen(...runs: [number[] | null, number[], boolean, number][]): Heard[] {
  const history: Heard[] = [];
  let heardMs = 0;
  let activeMs = 0;
  for (const [frequencies, cadence, sounding, steps] of runs)
    for (let step = 0; step < steps; step += 1) {
      heardMs += 50;
      if (sounding) activeMs += 50;
      history.push({
        offHook: true,
        ringing: false,
        rings: 0,
        tone: frequencies && { frequencies, cadence, level: -130 },
        digits: "",
        callerId: null,
        lamp: null,
        reversed: false,
        meterPulses: 0,
        audio: { heardMs, activeMs, longestGapMs: 0, level: -130 },
      });
    }
  return history;
}

describe("recognizing a French tone", () => {
  it.each([
    ["busy", [440.3], [500, 500]],
    ["congestion", [439], [250, 260]],
    ["ringback", [440], [1490, 3510]],
    ["not-registered", [331, 440], [250, 750]],
    ["call-limit-warning", [1400], [200, 200]],
    ["howler", [1401, 2058], [100, 100]],
  ] as const)("%s by its cadence, at once", (name, frequencies, cadence) => {
    expect(recognizeTone(listen([[...frequencies], [...cadence], true, 1]), tones)).toEqual({
      sure: true,
      tone: name,
    });
  });

  it("the dial tone once it sounded longer than a ring-back would", () => {
    expect(recognizeTone(listen([[440], [], true, 20]), tones)).toEqual({ sure: false });
    expect(recognizeTone(listen([[440], [], true, 40]), tones)).toEqual({ sure: true, tone: "dial" });
    // A tone in its first pause is still reported by the ear: it is not continuous.
    expect(recognizeTone(listen([[440], [], true, 30], [[440], [], false, 20]), tones)).toEqual({
      sure: false,
    });
  });

  it("a short burst is not continuous, however late one looks on a busy machine", () => {
    const look = (heardMs: number, activeMs: number): Heard[] =>
      listen([[330, 440], [], true, 1]).map((heard) => ({
        ...heard,
        audio: { ...heard.audio, heardMs, activeMs },
      }));
    // 250 ms of sound, seen in steps of 190 ms that each hold some silence too.
    const history = [...look(0, 0), ...look(190, 120), ...look(380, 250)];
    expect(recognizeTone(history, tones)).toEqual({ sure: false });
  });

  it("the refusal and the wrong number by the order of their notes", () => {
    expect(recognizeTone(listen([[1800], [], true, 4]), tones)).toEqual({ sure: false });
    const refused = listen([[1800], [], true, 4], [null, [], true, 1], [[1400], [], true, 2]);
    expect(recognizeTone(refused, tones)).toEqual({ sure: true, tone: "refused" });
    const wrong = listen([[1800], [], true, 4], [null, [], false, 10], [[950], [], true, 2]);
    expect(recognizeTone(wrong, tones)).toEqual({ sure: true, tone: "number-unobtainable" });
  });

  it("a sound that is no tone, silence, and a telephone on its hook", () => {
    expect(recognizeTone(listen([[1004], [], true, 1]), tones)).toEqual({ sure: true, tone: "unknown" });
    expect(recognizeTone(listen([null, [], false, 20]), tones)).toEqual({ sure: false });
    expect(recognizeTone(listen([null, [], false, 75]), tones)).toEqual({ sure: true, tone: null });
    expect(recognizeTone([{ ...listen([null, [], false, 1])[0]!, offHook: false }], tones)).toEqual({
      sure: true,
      tone: null,
    });
  });
});

/** Tones of one sound and one silence: what the ear reports of them after a turn. */
const cadenced = [...regions.values()].flatMap(({ id, tones: plan }) =>
  Object.entries(plan).flatMap(([name, { steps, lead }]) => {
    const turn = lead ? steps.slice(0, lead.steps) : steps;
    const [sound, silence] = turn;
    return turn.length === 2 && sound && silence?.frequencies.length === 0
      ? [{ id, name, frequencies: sound.frequencies, cadence: [sound.ms, silence.ms] }]
      : [];
  }),
);

describe("recognizing the tones of every region", () => {
  it.each(cadenced)("$id: $name", ({ id, name, frequencies, cadence }) => {
    const plan = regions.get(id)!.tones;
    const heard = listen([frequencies, cadence, true, 1]);
    const recognized = recognizeTone(heard, plan);
    const sounded =
      recognized.sure && recognized.tone !== null && recognized.tone !== "unknown" ? recognized.tone : null;
    // Two names of one sound (a North American stutter) cannot be told apart by listening.
    expect(sounded).not.toBeNull();
    expect([name, plan[sounded!].steps.slice(0, 2)]).toEqual([
      name,
      plan[name as keyof typeof plan].steps.slice(0, 2),
    ]);
  });

  it.each([...regions.keys()])("%s: the dial tone after a stutter, and nobody's silence", (id) => {
    const plan = regions.get(id)!.tones;
    const steady = listen([plan.dial.steps[0]!.frequencies, [], true, 60]);
    expect(recognizeTone(steady, plan)).toEqual({ sure: true, tone: "dial" });
    expect(recognizeTone(listen([null, [], false, 101]), plan)).toEqual({ sure: true, tone: null });
  });
});
