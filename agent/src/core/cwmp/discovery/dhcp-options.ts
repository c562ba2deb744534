/** What a DHCP server says about the ACS (TR-069 §3.1); every item is optional. */
export type AcsOffer = {
  url?: string;
  provisioningCode?: string;
  /** Seconds: CWMPRetryMinimumWaitInterval. */
  retryMinimum?: number;
  /** Thousandths: CWMPRetryIntervalMultiplier. */
  retryMultiplier?: number;
};

/** The Broadband Forum, in option 125 (RFC 3925). */
const enterprise = 3561;

/** Sub-options by their number in option 43; in option 125 ten more, for its lower ones say who the device is. */
const items = { url: 1, provisioningCode: 2, retryMinimum: 3, retryMultiplier: 4 } as const;
const vendorIdentifyingOffset = 10;

/** Reads option 43, which a server sends to those that ask as "dslforum.org" (option 60); {} for what cannot be read. */
export function readVendorSpecific(bytes: Uint8Array): AcsOffer {
  // Some servers know no sub-options and send the bare URL.
  const plain = text(bytes);
  if (/^https?:\/\//i.test(plain)) return offerOf(new Map([[items.url, plain]]), 0);
  return offerOf(subOptions(bytes), 0);
}

/** Reads option 125 (RFC 3925): of several enterprises' data the Broadband Forum's; {} for what cannot be read. */
export function readVendorIdentifying(bytes: Uint8Array): AcsOffer {
  for (let at = 0; at + 5 <= bytes.length;) {
    const number = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0);
    const length = bytes[at + 4] ?? 0;
    const data = bytes.subarray(at + 5, at + 5 + length);
    if (data.length < length) return {};
    if (number === enterprise) return offerOf(subOptions(data), vendorIdentifyingOffset);
    at += 5 + length;
  }
  return {};
}

/** Code, length, value, until the end; what is cut short counts as nothing at all. */
function subOptions(bytes: Uint8Array): Map<number, string> {
  const found = new Map<number, string>();
  for (let at = 0; at < bytes.length;) {
    const code = bytes[at] ?? 0;
    // RFC 2132 §3: 0 is padding, 255 the end.
    if (code === 255) break;
    if (code === 0) {
      at += 1;
      continue;
    }
    const length = bytes[at + 1];
    if (length === undefined || at + 2 + length > bytes.length) return new Map();
    found.set(code, text(bytes.subarray(at + 2, at + 2 + length)));
    at += 2 + length;
  }
  return found;
}

function offerOf(found: ReadonlyMap<number, string>, offset: number): AcsOffer {
  const url = found.get(items.url + offset);
  const provisioningCode = found.get(items.provisioningCode + offset);
  const retryMinimum = number(found.get(items.retryMinimum + offset), 1, 65_535);
  const retryMultiplier = number(found.get(items.retryMultiplier + offset), 1000, 65_535);
  return {
    ...(url !== undefined && isUrl(url) ? { url } : {}),
    ...(provisioningCode === undefined || provisioningCode.length > 64 ? {} : { provisioningCode }),
    ...(retryMinimum === undefined ? {} : { retryMinimum }),
    ...(retryMultiplier === undefined ? {} : { retryMultiplier }),
  };
}

/** An absolute http or https URL without credentials in it. */
export const isUrl = (url: string): boolean =>
  /^https?:\/\/[^\s/?#@]+(?:[/?#]\S*)?$/i.test(url) && url.length <= 2048;

function number(digits: string | undefined, least: number, most: number): number | undefined {
  const value = digits !== undefined && /^\d{1,9}$/.test(digits) ? Number(digits) : undefined;
  return value !== undefined && value >= least && value <= most ? value : undefined;
}

/** TR-069 §3.1: text without an end mark; a server that sends one is understood. */
const text = (bytes: Uint8Array): string =>
  String.fromCharCode(...bytes.subarray(0, 1024)).replace(/\0+$/, "");
