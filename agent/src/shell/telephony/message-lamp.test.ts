import { loadProfiles } from "@tonalite/device-profiles/load";
import { describe, expect, it, vi } from "vitest";
import { createDeviceModel } from "../../core/data-model/index.ts";
import { EngineError } from "../../core/ports.ts";
import type { Lamp, VoiceEngine } from "../../core/ports.ts";
import type { Log } from "../logging.ts";
import { openMessageLamp } from "./message-lamp.ts";

const region = loadProfiles().regions.get("fr")!;
const features = "Device.Services.VoiceService.1.CallControl.CallingFeatures.Set.1.";

function stage() {
  const model = createDeviceModel({ lines: 1 });
  const lit = vi.fn((_line: number, _lamp: Lamp) => {});
  const warn = vi.fn();
  const engine = { lamp: lit } as Partial<VoiceEngine> as VoiceEngine;
  const log = { warn } as Partial<Log> as Log;
  const lamp = openMessageLamp({ line: 0, engine, model, region: () => region, log });
  return { model, lit, warn, lamp, states: () => lit.mock.calls.map(([, told]) => told.lit) };
}

describe("waiting messages", () => {
  it("light the lamp once and clear it once, and management reads their number", () => {
    const { lamp, model, states } = stage();
    lamp.retry();
    expect(states()).toEqual([]);
    for (const messages of [2, 3, 0]) lamp.told(messages);
    expect(states()).toEqual([true, false]);
    lamp.told(4);
    expect(model.value(`${features}LineMessagesWaiting`)).toBe("4");
  });

  it("wait for the telephone to be idle", () => {
    const { lamp, lit, warn, states } = stage();
    lit.mockImplementationOnce(() => {
      throw new EngineError("EBUSY", "tn_line_lamp");
    });
    lamp.told(1);
    lamp.retry();
    lamp.retry();
    expect(states()).toEqual([true, true]);
    expect(warn).not.toHaveBeenCalled();
  });

  it("leave a lamp alone that management switched off", () => {
    const { lamp, model, states } = stage();
    model.write([{ path: `${features}VMWIEnable`, value: "false" }], "cwmp");
    lamp.told(1);
    expect(states()).toEqual([]);
  });
});
