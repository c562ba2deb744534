import { connect as connectTcp, isIP, type Socket } from "node:net";
import { trusting } from "../net/authorities.ts";
import type { MqttSettings } from "./settings.ts";

/** Opens the transport. Without delayed acknowledgements and Nagle's algorithm meeting: they cost 80 ms a round trip. */
export async function streamOpener(
  settings: MqttSettings,
  certificates: readonly string[] = [],
): Promise<() => Socket> {
  const { host, port } = settings;
  if (!settings.tls) return () => connectTcp({ host, port, noDelay: true });
  const { connect } = await import("node:tls");
  const trust = certificates.length === 0 ? {} : { secureContext: trusting(certificates) };
  // RFC 6066 §3: an address is no server name; it is checked against the certificate all the same.
  const name = isIP(host) === 0 ? { servername: host } : {};
  return () => connect({ host, port, ...name, ...trust }).setNoDelay(true);
}
