import type { Bootstrap } from "./bootstrap-file.ts";
import type { AcsOffer } from "./dhcp-options.ts";

/** How the box came to its present ACS. */
export type AcsPlace = {
  /** Device.ManagementServer.URL as it is. */
  current: string;
  /** What the box left the factory with; "" for none. */
  factory: string;
  /** What the network gave the box last; "" for never. */
  discovered: string;
};

export type Setting = { path: string; value: string };

const base = "Device.ManagementServer.";

/** Whether management or a person chose the present ACS: then the network's word does not count. */
export const isConfigured = ({ current, discovered, factory }: AcsPlace): boolean =>
  current !== "" && current !== factory && current !== discovered;

/**
 * What an offer of the network changes (TR-069 §3.1). Configured goes before DHCP, DHCP before the factory: an ACS that was
 * set by management or by a person stays. Nobody vouches for a DHCP server, so it cannot lead a box away from TLS.
 * @returns the parameters to set at once, or why nothing changes
 */
export function judgeOffer(
  place: AcsPlace,
  offer: AcsOffer & Partial<Pick<Bootstrap, "username" | "password">>,
): { settings: Setting[] } | { ignored: string } {
  const { password, provisioningCode, retryMinimum, retryMultiplier, url, username } = offer;
  const { current } = place;
  if (url === undefined) return { ignored: "the network names no ACS" };
  if (url === current) return { ignored: "the network names the present ACS" };
  if (isConfigured(place)) return { ignored: "an ACS was configured" };
  if (current.startsWith("https:") && !url.toLowerCase().startsWith("https:"))
    return { ignored: "the network would lead away from TLS" };
  const settings: [string, string | number | undefined][] = [
    [`${base}Username`, username],
    [`${base}Password`, password],
    ["Device.DeviceInfo.ProvisioningCode", provisioningCode],
    [`${base}CWMPRetryMinimumWaitInterval`, retryMinimum],
    [`${base}CWMPRetryIntervalMultiplier`, retryMultiplier],
    // Last: with it the box introduces itself.
    [`${base}URL`, url],
  ];
  return {
    settings: settings.flatMap(([path, value]) =>
      value === undefined ? [] : [{ path, value: String(value) }],
    ),
  };
}
