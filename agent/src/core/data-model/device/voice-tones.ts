import { object, ro, row } from "./declare.ts";

const regional = "readOnly: the region profile (X_TONALITE_Terms.Region) holds the country's tones";
const tone = "Device.Services.VoiceService.{i}.Tone.";
const frequency = { maximum: 4095, deviation: regional, description: "Hz; 0: none" } as const;

/** TR-104 Tone: what the region profile plays, step by step. */
export const voiceTones = [
  object(tone, ro("DescriptionNumberOfEntries", "unsignedInt"), ro("PatternNumberOfEntries", "unsignedInt")),
  row(
    `${tone}Description.{i}.`,
    ro("ToneEnable", "boolean", { default: "true", deviation: regional }),
    ro("ToneName", "string", { maxLength: 64, deviation: regional }),
    ro("TonePattern", "string", { maxLength: 256, deviation: regional }),
    ro("ToneRepetitions", "unsignedInt", {
      maximum: 255,
      deviation: regional,
      description: "0: until another replaces it",
    }),
  ),
  row(
    `${tone}Pattern.{i}.`,
    ro("Enable", "boolean", { default: "true", deviation: regional }),
    ro("ToneOn", "boolean", { deviation: regional }),
    ...[1, 2, 3, 4].flatMap((number) => [
      ro(`Frequency${number}`, "unsignedInt", frequency),
      ro(`Power${number}`, "int", { deviation: regional, description: "dBm0" }),
    ]),
    ro("Duration", "unsignedInt", { deviation: regional, description: "ms; 0: for ever" }),
    ro("NextPattern", "string", { maxLength: 256, deviation: regional }),
  ),
];
