import { loadProfiles } from "@tonalite/device-profiles/load";
import { boxFiles, encodeFactoryPartition } from "../../firmware/index.ts";
import type { BoardIdentity } from "../job/identity.ts";
import { FlashError } from "../problem.ts";
import { issueBoxCertificate, type FactoryAuthority } from "./certificate.ts";
import type { LabelContent } from "./label.ts";
import type { ClaimedBox, Station } from "./station.ts";

/** What a technician wants the board to be; whatever is absent stays as the board has it, or is left out. */
export type BoxOrder = {
  serial?: string | undefined;
  mac?: string | undefined;
  /** where the box finds its ACS (CWMP) */
  acs?: string | undefined;
  account?: { user: string; password: string } | undefined;
  /** text of trusted public keys and the release root, by path in the factory partition */
  trust: Readonly<Record<string, string>>;
  authority?: FactoryAuthority | undefined;
  station?: { station: Station; provider: string; region: string } | undefined;
  owner?: string | undefined;
};

/** A box as it was made: what its report and its label say. No secrets but the claim code, which is for the label alone. */
export type MadeBox = {
  deviceId: string;
  serial: string;
  mac: string | undefined;
  certificate: string | undefined;
  label: LabelContent;
};

/** Whether the order makes a box at all; otherwise the board keeps what it has. */
export function makesBox({ serial, station }: BoxOrder): boolean {
  return serial !== undefined || station !== undefined;
}

/**
 * Makes a board a box: claims its serial number, makes key and certificate, and writes all that into a factory partition.
 * @param profile id of the board's hardware profile
 * @throws FlashError `IDENTITY_MISSING` for a box without serial number or MAC, `STATION_FAILED`, `USAGE`
 */
export async function makeBox(
  order: BoxOrder,
  profile: string,
  present: BoardIdentity | undefined,
  boardMac: string | undefined,
): Promise<{ box: MadeBox; partition: Uint8Array }> {
  const hardware = loadProfiles().hardware.get(profile);
  if (!hardware) throw new FlashError("BOARD_UNKNOWN", { board: profile });
  const { oui, productClass, modelName } = hardware;
  const mac = (order.mac ?? present?.mac ?? boardMac)?.toLowerCase();
  const claimed = await claim(order, {
    oui,
    productClass,
    profile,
    mac,
    serial: order.serial ?? present?.serial,
  });
  const serial = claimed?.serialNumber ?? order.serial;
  if (serial === undefined) throw new FlashError("IDENTITY_MISSING", { missing: "--serial" });
  const name = claimed?.deviceId ?? `${oui}-${productClass}-${serial}`;
  const certificate = order.authority && (await issueBoxCertificate(order.authority, name));
  const account = claimed
    ? { user: claimed.credentials.cwmpUsername, password: claimed.credentials.cwmpPassword }
    : order.account;
  const files = {
    ...boxFiles({ board: profile, serial, mac, acs: order.acs, account }),
    ...order.trust,
    ...(certificate ? { "device.crt": certificate.certificate, "device.key": certificate.key } : {}),
  };
  const claimCode = claimed?.claimCode;
  const label: LabelContent = { model: modelName, serial, mac, claimCode, owner: order.owner };
  const box: MadeBox = { deviceId: name, serial, mac, certificate: certificate?.sha256, label };
  return { box, partition: encodeFactoryPartition(files) };
}

async function claim(
  { station: order }: BoxOrder,
  box: {
    oui: string;
    productClass: string;
    profile: string;
    mac?: string | undefined;
    serial?: string | undefined;
  },
): Promise<ClaimedBox | undefined> {
  if (!order) return undefined;
  const { oui, productClass, profile, mac, serial } = box;
  if (mac === undefined) throw new FlashError("IDENTITY_MISSING", { missing: "--mac" });
  const { station, provider, region } = order;
  return await station.claim({
    oui,
    productClass,
    profile,
    provider,
    region,
    mac,
    ...(serial === undefined ? {} : { serialNumber: serial }),
  });
}
