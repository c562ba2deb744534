import type { Log } from "../log.ts";
import { openUdpSocket } from "../udp-socket.ts";
import { limitedWarnings } from "../sessions/limited-log.ts";
import type { LightVerdict } from "./light-intake.ts";

export type LightServer = { readonly port: number; stop(): Promise<void> };

/** Listens for lightweight notifications over UDP. Nothing is ever answered: there is nobody to be reflected at. */
export async function startLightServer({
  host,
  port,
  take,
  log,
}: {
  host: string;
  port: number;
  take: (datagram: Uint8Array) => Promise<LightVerdict>;
  log: Log;
}): Promise<LightServer> {
  const warn = limitedWarnings(log);
  const socket = await openUdpSocket(host, port, "lightweight notifications", log);
  const underWay = new Set<Promise<void>>();
  socket.on("message", (datagram, sender) => {
    const taking = take(datagram).then(
      (verdict) => {
        if (verdict === "taken") log.debug({ from: sender.address }, "lightweight notification");
        else warn({ from: sender.address, reason: verdict }, "lightweight notification passed over");
      },
      (error: unknown) =>
        warn({ from: sender.address, reason: String(error) }, "lightweight notification not stored"),
    );
    underWay.add(taking);
    void taking.finally(() => underWay.delete(taking));
  });
  return {
    port: socket.address().port,
    async stop() {
      await new Promise<void>((closed) => void socket.close(() => closed()));
      await Promise.all(underWay);
    },
  };
}
