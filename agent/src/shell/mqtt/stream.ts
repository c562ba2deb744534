import { connect as connectTcp, type Socket } from "node:net";
import type { MqttSettings } from "./settings.ts";

/** Opens the transport. Without delayed acknowledgements and Nagle's algorithm meeting: they cost 80 ms a round trip. */
export async function streamOpener(settings: MqttSettings, certificates?: string): Promise<() => Socket> {
  const { host, port } = settings;
  if (!settings.tls) return () => connectTcp({ host, port, noDelay: true });
  const { connect } = await import("node:tls");
  const ca = certificates === undefined ? {} : { ca: certificates };
  return () => connect({ host, port, servername: host, ...ca }).setNoDelay(true);
}
