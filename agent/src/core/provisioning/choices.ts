import type { Codec } from "../ports.ts";
import type { ModelReader } from "./account.ts";
import { linePaths } from "./paths.ts";

/** TR-104's names of the codecs. */
const codecNames: Readonly<Record<string, Codec>> = { "G.711ALaw": "PCMA", "G.711MuLaw": "PCMU" };

/** The network (servers) that a line's SIP client is told to use; undefined when that row is not there. */
export function chosenNetwork(line: number, value: ModelReader): string | undefined {
  const network = value(`${linePaths(line).client}Network`);
  return network === "" || there(value, `${network}.Enable`) === undefined ? undefined : `${network}.`;
}

/** Codecs to offer, in the order of a network's CodecList; without one, as the hardware has them. */
export function chosenCodecs(network: string, value: ModelReader, hardware: readonly Codec[]): Codec[] {
  const list = value(`${network}CodecList`);
  if (list === "") return [...hardware];
  const chosen = list.split(",").flatMap((profile) => {
    if (there(value, `${profile}.Enable`) !== "true") return [];
    const codec = codecNames[there(value, `${there(value, `${profile}.Codec`) ?? ""}.Codec`) ?? ""];
    return codec !== undefined && hardware.includes(codec) ? [codec] : [];
  });
  return [...new Set(chosen)];
}

/** A row that a reference names may not have come back from the store. */
function there(value: ModelReader, path: string): string | undefined {
  try {
    return value(path);
  } catch {
    return undefined;
  }
}
