import { describe, expect, it } from "vitest";
import { createDeviceModel } from "../data-model/index.ts";
import { mediaSettings } from "./index.ts";

const rtp = "Device.Services.VoiceService.1.VoIPProfile.1.RTP.";
const settings = (values: Record<string, string> = {}) => {
  const model = createDeviceModel({ lines: 1 });
  const changes = Object.entries(values).map(([name, value]) => ({ path: rtp + name, value }));
  expect(model.write(changes, "cwmp")).toMatchObject({ ok: true });
  return mediaSettings((path) => model.value(path));
};

describe("media settings", () => {
  it("are those of the profile", () => {
    expect(settings()).toEqual({
      rtpPortMin: 16_384,
      rtpPortMax: 32_766,
      jitterMinMs: 20,
      jitterMaxMs: 120,
      dscpMedia: 46,
    });
    expect(settings({ LocalPortMin: "20001", LocalPortMax: "20100", DSCPMark: "0" })).toMatchObject({
      rtpPortMin: 20_002,
      rtpPortMax: 20_100,
      dscpMedia: 0,
    });
  });

  it.each([
    [
      { LocalPortMin: "40000", LocalPortMax: "1" },
      { rtpPortMin: 40_000, rtpPortMax: 40_008 },
    ],
    [
      { LocalPortMin: "65535", LocalPortMax: "65535" },
      { rtpPortMin: 65_526, rtpPortMax: 65_535 },
    ],
    [{ LocalPortMin: "1" }, { rtpPortMin: 1024, rtpPortMax: 32_766 }],
    [
      { JitterBufferMinSize: "200", JitterBufferMaxSize: "40" },
      { jitterMinMs: 200, jitterMaxMs: 200 },
    ],
    [{ JitterBufferMinSize: "0" }, { jitterMinMs: 1 }],
  ])("that contradict themselves still let the telephone work: %j", (values, expected) => {
    expect(settings(values)).toMatchObject(expected);
  });
});
