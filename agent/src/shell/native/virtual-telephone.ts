import * as z from "zod";
import type { VirtualTelephone } from "../../core/ports.ts";
import { packText } from "./abi.ts";
import { checked } from "./engine.ts";
import type { EngineLibrary } from "./library.ts";

const heardCapacity = 8192;

/** What tn_sim_heard tells. */
const heard = z.object({
  offHook: z.boolean(),
  ringing: z.boolean(),
  rings: z.number(),
  tone: z
    .object({ frequencies: z.array(z.number()), cadence: z.array(z.number()), level: z.number() })
    .nullable(),
  digits: z.string(),
  callerId: z
    .object({ number: z.string(), name: z.string(), dateTime: z.string(), absence: z.string() })
    .nullable(),
  lamp: z.boolean().nullable(),
  reversed: z.boolean(),
  meterPulses: z.number(),
  audio: z.object({
    heardMs: z.number(),
    activeMs: z.number(),
    longestGapMs: z.number(),
    level: z.number(),
  }),
  fax: z
    .object({
      done: z.boolean(),
      result: z.string(),
      pages: z.number(),
      rate: z.number(),
      ecm: z.boolean(),
    })
    .exactOptional(),
});

/** The telephone on the far side of the `sim` line. */
export function virtualTelephone(library: EngineLibrary): VirtualTelephone {
  const call = (name: string, result: number): void => void checked(name, result);
  return {
    hook: (line, offHook) => call("tn_sim_hook", library.tn_sim_hook(line, offHook ? 1 : 0)),
    flash: (line, ms) => call("tn_sim_flash", library.tn_sim_flash(line, ms)),
    dial: (line, keys) => call("tn_sim_dial", library.tn_sim_dial(line, packText(keys))),
    pulse: (line, digits, breakMs, makeMs) =>
      call("tn_sim_pulse", library.tn_sim_pulse(line, packText(digits), breakMs, makeMs)),
    speak: (line, frequency, durationMs, level) =>
      call("tn_sim_speak", library.tn_sim_speak(line, frequency, durationMs, level)),
    heard: (line) => {
      const json = Buffer.alloc(heardCapacity);
      const length = checked("tn_sim_heard", library.tn_sim_heard(line, json, heardCapacity));
      return heard.parse(JSON.parse(json.toString("utf8", 0, length)));
    },
    forget: (line) => call("tn_sim_forget", library.tn_sim_forget(line)),
    record: (line, path) =>
      call("tn_sim_record", library.tn_sim_record(line, path === null ? null : packText(path))),
    fax: (line, machine) =>
      call("tn_sim_fax", library.tn_sim_fax(line, machine && packText(machine.file), machine?.sends ? 1 : 0)),
  };
}
