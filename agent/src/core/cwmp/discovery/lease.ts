import * as z from "zod";
import { type AcsOffer, isUrl, readVendorIdentifying, readVendorSpecific } from "./dhcp-options.ts";

const hex = z
  .string()
  .regex(/^(?:[\da-fA-F]{2})*$/)
  .max(2048);

/** What the board's DHCP client writes down of its lease, for the agent. Options stand in hexadecimal. */
export const networkLease = z.object({
  /** Option 43. */
  vendorSpecific: hex.default(""),
  /** Option 125. */
  vendorIdentifying: hex.default(""),
  /** Option 66: a server's name, or the URL of a bootstrap file. */
  bootServer: hex.default(""),
  /** Option 160, for the same by other servers. */
  provisioningServer: hex.default(""),
});
export type NetworkLease = z.infer<typeof networkLease>;

/** What a lease says about the ACS; option 125 goes before option 43, both before a bootstrap file. */
export type LeaseOffer = AcsOffer & {
  /** Where the bootstrap file lies; absent when the lease names the ACS itself. */
  bootstrapFile?: string;
};

/**
 * Reads a lease.
 * @param serial stands for `{serial}` in the address of the bootstrap file
 */
export function readLease(lease: NetworkLease, serial: string): LeaseOffer {
  const offer = {
    ...readVendorSpecific(bytesOf(lease.vendorSpecific)),
    ...readVendorIdentifying(bytesOf(lease.vendorIdentifying)),
  };
  if (offer.url !== undefined) return offer;
  const files = [lease.provisioningServer, lease.bootServer]
    .map((field) => String.fromCharCode(...bytesOf(field)).replace(/\0+$/, ""))
    // A bare name is that of a TFTP server (RFC 2132 §9.4). TFTP cannot prove who it is: the name is asked over https.
    .map((place) =>
      /^[A-Za-z\d](?:[A-Za-z\d.-]{0,251}[A-Za-z\d])?$/.test(place) ? `https://${place}/{serial}.json` : place,
    )
    .map((url) => url.replaceAll("{serial}", encodeURIComponent(serial)));
  const bootstrapFile = files.find(isUrl);
  return bootstrapFile === undefined ? offer : { ...offer, bootstrapFile };
}

const bytesOf = (digits: string): Uint8Array =>
  Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
