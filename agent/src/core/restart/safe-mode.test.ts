import { describe, expect, it } from "vitest";
import { type AgentStart, crashHistory, type CrashHistory, forgetSpells, judgeStart } from "./index.ts";

const crashed = { version: "1.0.0", words: "the agent ended by SIGSEGV" };
const boot: AgentStart = { version: "1.0.0", uptime: 20, ofBox: true, trial: false, crash: null };
const again = (uptime: number): AgentStart => ({ ...boot, uptime, ofBox: false, crash: crashed });

function play(starts: readonly AgentStart[], kept: CrashHistory | null = null) {
  let history = kept;
  const safe = starts.map((start) => {
    const judged = judgeStart(history, start);
    // As it comes back from the store.
    history = crashHistory.parse(JSON.parse(JSON.stringify(judged.history)));
    return judged.safe;
  });
  return { history, safe, last: safe.at(-1) ?? null };
}
const thrice = [boot, again(21), again(23), again(25)];

describe("safe mode", () => {
  it("begins at the third crash in five minutes, and tells how the last one was", () => {
    const { safe } = play(thrice);
    expect(safe).toEqual([null, null, null, { reason: crashed.words, crashes: 3, remaining: 900 }]);
  });

  it("does not begin when the crashes are further apart", () => {
    expect(play([boot, again(100), again(300), again(401), again(601)]).last).toBeNull();
    expect(play([boot, again(100), again(300), again(399)]).last).not.toBeNull();
  });

  it("goes on at every start of the agent, crash or not, until the box starts", () => {
    const order = { ...again(325), crash: null };
    expect(play([...thrice, order]).last).toMatchObject({ remaining: 600 });
    expect(play([...thrice, again(99_999)]).last).toMatchObject({ remaining: 0 });
    expect(play([...thrice, boot]).last).toBeNull();
    // Two more crashes after that are not three.
    expect(play([...thrice, boot, again(21), again(22)]).last).toBeNull();
  });

  it("lasts twice as long each time, four hours at most, until voice has proved itself", () => {
    const spells = Array.from({ length: 6 }, () => thrice).flat();
    const { history, safe } = play(spells);
    expect(safe.flatMap((mode) => (mode ? [mode.remaining / 60] : []))).toEqual([15, 30, 60, 120, 240, 240]);
    expect(play(thrice, forgetSpells(history!)).last).toMatchObject({ remaining: 900 });
  });

  it("is of one version: another one starts with voice, and an image on trial is judged by its trial", () => {
    const other = { ...again(26), version: "1.0.1" };
    expect(play([...thrice, other]).last).toBeNull();
    expect(play([boot, again(21), again(22), { ...again(23), trial: true }, again(24)]).last).toBeNull();
    const trialCrashed = { ...again(30), crash: { ...crashed, version: "1.0.1" } };
    expect(play([boot, again(21), again(22), trialCrashed]).last).toBeNull();
  });
});
