import {
  type CwmpNamespace,
  type CwmpVersion,
  type FaultCode,
  cwmpVersions,
  type Envelope,
} from "../../core/cwmp/index.ts";

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

/** The outcomes of transfers that each namespace has a code for, beside success (cwmp-1-0.xsd, cwmp-1-1.xsd). */
const outcomes: Partial<Record<CwmpNamespace, readonly number[]>> = {
  "urn:dslforum-org:cwmp-1-0": [9001, 9002, 9010, 9011, 9012],
  "urn:dslforum-org:cwmp-1-1": [9001, 9002, 9010, 9011, 9012, 9014, 9015, 9016, 9017, 9018, 9019],
};

/** The code of a failed transfer in the words of an older version: the general one where it lacks the particular one. */
export function transferFault(code: FaultCode, namespace: CwmpNamespace, isUpload: boolean): FaultCode {
  const known = outcomes[namespace];
  if (code === 0 || known === undefined || known.includes(code)) return code;
  return isUpload ? 9011 : 9010;
}

/** The namespace for the rest of the session: what the ACS chose by header, else the one in which it answered. */
export function settled({ namespace, useVersion }: Envelope): CwmpNamespace {
  if (useVersion !== undefined) return namespaces[useVersion];
  return namespace < newest ? namespace : newest;
}
