import type { PhoneAsk, PhoneReply } from "./phone-client.ts";

export const usage = `usage: npm run phone -- --state DIR [--line N] [--json] [COMMAND]
  lift             lift the handset
  hangup           put it back
  dial NUMBER      press keys (0-9 * # A-D; "," waits a second)
  pulse NUMBER     turn a rotary dial (0-9)
  flash [MS]       press the recall key
  speak [HZ [MS]]  speak a tone into the mouthpiece (1000 Hz, 2000 ms)
  heard            what the ear hears: the tone's name, caller identification, digits
  forget           begin listening anew
  status           what the line is doing
  fax send FILE    plug in a fax machine that sends a TIFF file (fax receive FILE: into one; fax off)
  record FILE|off  write the earpiece to a WAV file
Without a command it asks for one again and again; "quit" ends it.`;

/** A command in words → what is asked of the telephone; undefined when it is none. */
export function requestOf(words: readonly string[]): PhoneAsk | undefined {
  const [command = "", ...rest] = words;
  const number = (text: string | undefined): number | undefined =>
    text === undefined ? undefined : Number(text);
  switch (command) {
    case "lift":
    case "heard":
    case "forget":
    case "status":
    case "hangup":
      return rest.length === 0 ? { op: command } : undefined;
    case "hang":
      return rest.join() === "up" ? { op: "hangup" } : undefined;
    case "dial":
      return rest.length === 0 ? undefined : { op: "dial", keys: rest.join("") };
    case "pulse":
      return rest.length === 0 ? undefined : { op: "pulse", digits: rest.join("") };
    case "flash":
      return defined({ op: "flash", ms: number(rest[0]) });
    case "speak":
      return defined({ op: "speak", frequency: number(rest[0]), ms: number(rest[1]) });
    case "fax": {
      const [way, file] = rest;
      if (way === "off") return { op: "fax", file: null };
      return way === "send" || way === "receive" ? defined({ op: "fax", way, file }) : undefined;
    }
    case "record":
      return rest.length === 1
        ? { op: "record", file: rest[0] === "off" ? null : (rest[0] ?? null) }
        : undefined;
    default:
      return undefined;
  }
}

function defined(request: { op: PhoneAsk["op"]; [member: string]: unknown }): PhoneAsk {
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined)) as PhoneAsk;
}

/** The answer for a person. */
export function wordsOf(request: PhoneAsk, reply: PhoneReply): string {
  if (!reply.ok) return `no: ${reply.error ?? "the telephone refused"}`;
  switch (request.op) {
    case "lift":
      return "handset lifted";
    case "hangup":
      return "handset back on its hook";
    case "dial":
      return `pressing ${request.keys ?? ""}`;
    case "pulse":
      return `dialled ${request.digits ?? ""}`;
    case "heard":
      return heardWords(reply["heard"] as HeardReply);
    case "status":
      return JSON.stringify(reply["status"], null, 2);
    case "record":
      return request.file === null ? "recording ended" : `recording to ${request.file ?? ""}`;
    case "fax":
      return request.file === null ? "fax machine away" : `fax machine: ${request.file ?? ""}`;
    case "flash":
    case "speak":
    case "forget":
      return "done";
  }
  return request.op satisfies never;
}

type HeardReply = {
  offHook: boolean;
  ringing: boolean;
  rings: number;
  tone: { name: string | null; frequencies: number[]; cadence: number[]; level: number } | null;
  digits: string;
  callerId: { number: string; name: string; absence: string } | null;
  lamp?: boolean | null;
  fax?: { done: boolean; result: string; pages: number };
  audio: { activeMs: number; longestGapMs: number };
};

function heardWords({
  offHook,
  ringing,
  rings,
  tone,
  digits,
  callerId,
  lamp,
  fax,
  audio,
}: HeardReply): string {
  const lines = [offHook ? "off-hook" : ringing ? `ringing (${rings})` : `on-hook, ${rings} rings`];
  if (tone) {
    const rhythm = tone.cadence.length === 0 ? "continuous" : `${tone.cadence.join("/")} ms`;
    lines.push(
      `tone: ${tone.name ?? "unnamed"}, ${tone.frequencies.join("+")} Hz, ${rhythm}, ${tone.level / 10} dBm0`,
    );
  } else if (offHook)
    lines.push(`no tone; sound for ${audio.activeMs} ms, longest gap ${audio.longestGapMs} ms`);
  if (callerId) {
    const who =
      callerId.number || { P: "number withheld", O: "number unknown" }[callerId.absence] || "no number";
    lines.push(`caller: ${who}${callerId.name ? ` (${callerId.name})` : ""}`);
  }
  if (lamp !== null && lamp !== undefined) lines.push(`message lamp ${lamp ? "lit" : "out"}`);
  if (fax) lines.push(`fax: ${fax.done ? fax.result : "under way"}, ${fax.pages} pages`);
  if (digits) lines.push(`keys heard: ${digits}`);
  return lines.join("\n");
}
