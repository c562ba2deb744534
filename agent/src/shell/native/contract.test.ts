import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { EngineEvent } from "../../core/engine-event.ts";
import type { EngineConfig, VoiceEngine } from "../../core/ports.ts";
import { adapters, loadEngineLibrary, openEngine } from "./index.ts";
import type { Adapter, EngineLibrary } from "./index.ts";

const library = join(import.meta.dirname, "../../../native/build/libtonalite.so");
const config: EngineConfig = {
  lines: 1,
  sipPort: 0,
  rtpPortMin: 0,
  rtpPortMax: 0,
  jitterMinMs: 0,
  jitterMaxMs: 0,
  dscpMedia: 0,
  dscpSignalling: 0,
  backend: "sim",
  localAddress: "127.0.0.1",
  userAgent: "tonalite-contract",
};

/** `@2060.io/ffi-napi` is an optional dependency: compiled at install time, absent where that was not possible. */
const installed: Record<Adapter, boolean> = {
  koffi: true,
  "ffi-napi": existsSync(join(import.meta.dirname, "../../../../node_modules/@2060.io/ffi-napi")),
};

/** What every FFI adapter must do, against the real engine. */
function engineContract(adapter: Adapter): void {
  describe.skipIf(!existsSync(library) || !installed[adapter])(`the voice engine through ${adapter}`, () => {
    let native: EngineLibrary;
    let engine: VoiceEngine;
    let events: EngineEvent[];
    let problems: string[];

    beforeAll(async () => {
      native = await loadEngineLibrary(library, adapter);
    });
    beforeEach(() => {
      events = [];
      problems = [];
      engine = openEngine(native, config, (problem) => problems.push(problem));
      engine.onEvent((event) => events.push(event));
      const pulse = { breakMinMs: 40, breakMaxMs: 79, makeMinMs: 20, gapMs: 200 };
      const setup = {
        flashMinMs: 80,
        flashMaxMs: 500,
        offHookMs: 40,
        pulse,
        echoTailMs: 0,
        impedance: "600" as const,
        gainToPhone: 0,
        gainFromPhone: 0,
      };
      engine.lineSetup(0, setup);
    });
    afterEach(() => {
      engine.close();
      expect(problems).toEqual([]);
    });

    async function eventually<T>(probe: () => T | undefined | null | false): Promise<T> {
      for (let tries = 0; tries < 200; tries += 1) {
        const answer = probe();
        if (answer !== undefined && answer !== null && answer !== false) return answer;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`not seen in 10 s; events: ${JSON.stringify(events)}`);
    }

    it("tells what the subscriber does, in order", async () => {
      engine.telephone.hook(0, true);
      await eventually(() => events.find((event) => event.event === "hook" && event.offHook));
      expect(engine.offHook(0)).toBe(true);
      engine.telephone.dial(0, "19#");
      await eventually(() => events.filter((event) => event.event === "digit").length === 3);
      expect(events.flatMap((event) => (event.event === "digit" ? [event.digit] : [])).join("")).toBe("19#");
      engine.telephone.hook(0, false);
      await eventually(() => events.find((event) => event.event === "hook" && !event.offHook));
      expect(events.map((event) => event.seq)).toEqual(
        events.map((_, index) => (events[0]?.seq ?? 0) + index),
      );
    });

    it("tells a rotary dial's digits", async () => {
      engine.telephone.hook(0, true);
      await eventually(() => engine.offHook(0));
      engine.telephone.pulse(0, "20", 66, 33);
      const digits = (): string =>
        events.map((event) => (event.event === "digit" ? event.digit : "")).join("");
      await eventually(() => digits().length === 2);
      expect(digits()).toBe("20");
    });

    it("plays a tone that the ear measures, and stops it", async () => {
      engine.telephone.hook(0, true);
      await eventually(() => engine.offHook(0));
      engine.tone(0, {
        segments: [{ frequencies: [440], levels: [-130], durationMs: 0 }],
        repeat: 0,
        lead: null,
      });
      const { tone } = await eventually(() => {
        const heard = engine.telephone.heard(0);
        return heard.tone && heard;
      });
      expect(tone?.frequencies).toEqual([expect.closeTo(440, -1)]);
      engine.tone(0, null);
      engine.telephone.forget(0);
      await eventually(() => engine.telephone.heard(0).tone === null);
    });

    it("rings with a caller's number that the telephone decodes", { timeout: 15_000 }, async () => {
      engine.ring(0, {
        frequency: 50,
        phasesMs: [800, 3000],
        callerId: {
          standard: "etsi-fsk",
          timing: "during-ring",
          alert: "none",
          delayMs: 700,
          number: "0612345678",
          name: "Alice",
          dateTime: "11221530",
          absence: "",
        },
      });
      const { callerId } = await eventually(() => {
        const heard = engine.telephone.heard(0);
        return heard.callerId && heard;
      });
      expect(callerId).toMatchObject({ number: "0612345678", name: "Alice" });
      engine.ring(0, null);
    });

    it("names an error after its errno", () => {
      expect(() => engine.dial(0, "9000")).toThrow(expect.objectContaining({ code: "ENOTCONN" }));
      expect(() => engine.offHook(3)).toThrow(/tn_line_off_hook/);
      expect(() => engine.answer(4711)).toThrow(/tn_call_answer/);
    });

    it("records the earpiece", async () => {
      const directory = mkdtempSync(join(tmpdir(), "record-"));
      const file = join(directory, "ear.wav");
      engine.telephone.hook(0, true);
      engine.telephone.record(0, file);
      await new Promise((resolve) => setTimeout(resolve, 300));
      engine.telephone.record(0, null);
      expect(readFileSync(file).toString("latin1", 0, 4)).toBe("RIFF");
      rmSync(directory, { recursive: true });
    });

    it("is one a process, and says so", () => {
      expect(() => openEngine(native, config, () => undefined)).toThrow(
        expect.objectContaining({ code: "EALREADY" }),
      );
    });

    it("refuses a line driver it has not", () => {
      engine.close();
      const open = () => openEngine(native, { ...config, backend: "none" }, () => undefined);
      expect(open).toThrow(expect.objectContaining({ code: "EPROTONOSUPPORT" }));
    });
  });

  describe(`loading the engine through ${adapter}`, () => {
    it("says which library cannot be loaded", async () => {
      const missing = loadEngineLibrary("/nowhere/libtonalite.so", adapter);
      await expect(missing).rejects.toMatchObject({
        code: "ELIBACC",
        message: expect.stringContaining("/nowhere"),
      });
    });
  });
}

for (const adapter of adapters) engineContract(adapter);
