import { type CwmpNamespace, type CwmpVersion, cwmpVersions, type Envelope } from "../../core/cwmp/index.ts";

/** TR-069 §3.4.7: an Inform goes out in the newest version; 1.3 and 1.4 are spoken in the namespace of 1.2. */
export const newest: CwmpNamespace = "urn:dslforum-org:cwmp-1-2";
/** What an ACS is tried with that could not read the newest. */
export const oldest: CwmpNamespace = "urn:dslforum-org:cwmp-1-0";

/** What this device can speak, for the header of its Inform. */
export const offered: readonly CwmpVersion[] = cwmpVersions;

const namespaces: Record<CwmpVersion, CwmpNamespace> = {
  "1.0": oldest,
  "1.1": "urn:dslforum-org:cwmp-1-1",
  "1.2": newest,
  "1.3": newest,
  "1.4": newest,
};

/** The namespace for the rest of the session: what the ACS chose by header, else the one in which it answered. */
export function settled({ namespace, useVersion }: Envelope): CwmpNamespace {
  if (useVersion !== undefined) return namespaces[useVersion];
  return namespace < newest ? namespace : newest;
}
