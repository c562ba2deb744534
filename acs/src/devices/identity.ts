/** What TR-069 names a device by (A.3.3.1 DeviceIdStruct, less the manufacturer's name). */
export type DeviceIdentity = { oui: string; productClass: string; serialNumber: string };

/**
 * `<OUI>-<ProductClass>-<SerialNumber>`; letters, digits and `_` stand for themselves, every other byte is
 * percent-encoded. `-` too: otherwise class "a", serial "b-c" and class "a-b", serial "c" were one device.
 * Source: TR-069 Amendment 6 §3.4.4.
 */
export function deviceIdOf({ oui, productClass, serialNumber }: DeviceIdentity): string {
  return [oui, productClass, serialNumber].map(encodePart).join("-");
}

function encodePart(text: string): string {
  if (/^\w*$/.test(text)) return text;
  let encoded = "";
  for (const byte of new TextEncoder().encode(text)) {
    const character = String.fromCharCode(byte);
    encoded += /\w/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}
