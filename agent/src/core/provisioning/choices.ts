import type { Codec } from "../ports.ts";
import type { ModelReader } from "./account.ts";
import { linePaths } from "./paths.ts";

/** TR-104's names of the codecs. */
const codecNames: Readonly<Record<string, Codec>> = {
  "G.711ALaw": "PCMA",
  "G.711MuLaw": "PCMU",
  "G.722": "G722",
  "G.726": "G726-32",
};

/** The media profile of a network that names none. */
const defaultProfile = "Device.Services.VoiceService.1.VoIPProfile.1";

/** The network (servers) that a line's SIP client is told to use; undefined when that row is not there. */
export function chosenNetwork(line: number, value: ModelReader): string | undefined {
  const network = value(`${linePaths(line).client}Network`);
  return network === "" || there(value, `${network}.Enable`) === undefined ? undefined : `${network}.`;
}

/** Codecs to offer, in the order of a network's CodecList; without one, as the hardware has them. */
export function chosenCodecs(network: string, value: ModelReader, hardware: readonly Codec[]): Codec[] {
  const list = value(`${network}CodecList`);
  if (list === "") return [...hardware];
  return [...new Set(listed(list, value, "Enable").filter((codec) => hardware.includes(codec)))];
}

/** Those of `offered` whose pauses a network's CodecList lets be told as comfort noise instead of sent. */
export function quietCodecs(network: string, value: ModelReader, offered: readonly Codec[]): Codec[] {
  const quiet = listed(value(`${network}CodecList`), value, "SilenceSuppression");
  return offered.filter((codec) => quiet.includes(codec));
}

/** The codecs of a list of CodecProfile rows in which a switch is on. */
function listed(list: string, value: ModelReader, switched: "Enable" | "SilenceSuppression"): Codec[] {
  return list.split(",").flatMap((profile) => {
    if (there(value, `${profile}.${switched}`) !== "true") return [];
    return codecNames[there(value, `${there(value, `${profile}.Codec`) ?? ""}.Codec`) ?? ""] ?? [];
  });
}

/** The media profile of a network, without the last dot; the first one where the chosen one is gone. */
export function mediaProfile(network: string, value: ModelReader): string {
  const chosen = value(`${network}VoIPProfile`);
  return chosen !== "" && there(value, `${chosen}.Enable`) !== undefined ? chosen : defaultProfile;
}

/** What a network's media profile says of SRTP (RFC 4568); "Null" as a keying method stands for sound in the clear. */
export function chosenSecurity(network: string, value: ModelReader): "off" | "offered" | "required" {
  const profile = value(`${network}VoIPProfile`) || defaultProfile;
  if (there(value, `${profile}.RTP.SRTP.Enable`) !== "true") return "off";
  const methods = (there(value, `${profile}.RTP.SRTP.KeyingMethods`) ?? "SDP").split(",");
  return methods.includes("Null") ? "offered" : "required";
}

/** How digits travel, by a network's media profile. */
export function chosenDigits(network: string, value: ModelReader): "automatic" | "in-band" | "info" {
  const profile = value(`${network}VoIPProfile`) || defaultProfile;
  const [first] = (there(value, `${profile}.DTMFMethod`) ?? "").split(",");
  return first === "SIPInfo" ? "info" : first === "InBand" ? "in-band" : "automatic";
}

/** For how long at a time a network's voice mail is asked for waiting messages, in seconds; 0: it is not. */
export function messageSubscription(network: string, value: ModelReader): number {
  const row = `${network}EventSubscribe.1.`;
  return there(value, `${row}Enable`) === "true" ? Number(there(value, `${row}ExpireTime`)) : 0;
}

/** The further proxies of a network, in order. */
export function alternateProxies(network: string, value: ModelReader): string[] {
  return value(`${network}X_TONALITE_AlternateProxies`)
    .split(" ")
    .filter((proxy) => proxy !== "");
}

/** A row that a reference names may not have come back from the store. */
function there(value: ModelReader, path: string): string | undefined {
  try {
    return value(path);
  } catch {
    return undefined;
  }
}
