import type { EngineConfig } from "../ports.ts";
import type { ModelReader } from "./account.ts";

const rtp = "Device.Services.VoiceService.1.VoIPProfile.1.RTP.";
/** A call needs two ports for RTP and RTCP, and a second one may wait beside it. */
const fewestPorts = 8;
const highestPort = 65_535;

type Media = Pick<EngineConfig, "rtpPortMin" | "rtpPortMax" | "jitterMinMs" | "jitterMaxMs" | "dscpMedia">;

/** TR-104 VoIPProfile.1.RTP as the engine takes it: what contradicts itself is widened, never refused at a start. */
export function mediaSettings(value: ModelReader): Media {
  const number = (name: string): number => Number(value(rtp + name));
  // RFC 3550 §11: RTP on an even port.
  const wanted = Math.min(Math.max(number("LocalPortMin"), 1024), highestPort - fewestPorts - 1);
  const rtpPortMin = wanted + (wanted % 2);
  const jitterMinMs = Math.max(number("JitterBufferMinSize"), 1);
  return {
    rtpPortMin,
    rtpPortMax: Math.max(number("LocalPortMax"), rtpPortMin + fewestPorts),
    jitterMinMs,
    jitterMaxMs: Math.max(number("JitterBufferMaxSize"), jitterMinMs),
    dscpMedia: number("DSCPMark"),
  };
}
