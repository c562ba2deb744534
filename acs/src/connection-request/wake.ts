import type { Kysely } from "kysely";
import { type DeviceRow, findDevice } from "../devices/repository.ts";
import type { Log } from "../log.ts";
import type { Sealer } from "../secrets/seal.ts";
import type { Database } from "../store/database.ts";
import { requestConnection, type WakeOutcome } from "./connection-request.ts";
import { requestOverUdp } from "./udp-request.ts";

export type WakeService = {
  /** Asks a device to open a session now; callers that ask while one request is under way share its outcome. Never rejects. */
  wake(deviceId: string): Promise<WakeOutcome>;
};

// A campaign that wakes a fleet must not open a thousand connections at once.
const requestsAtOnce = 64;

/** Ways to a device beside its HTTP address, where the ACS has them. */
export type WakeWays = {
  /** Asks over USP; rejects when the device does not answer. */
  usp?: (endpointId: string) => Promise<unknown>;
  /** Sends a datagram from the STUN server's port. */
  udp?: (datagram: string, address: string, port: number) => void;
};

/** @param ways asked for at each use: the broker's side starts later */
export function createWakeService({
  db,
  sealer,
  log,
  ways = () => ({}),
}: {
  db: Kysely<Database>;
  sealer: Sealer;
  log: Log;
  ways?: () => WakeWays;
}): WakeService {
  const underWay = new Map<string, Promise<WakeOutcome>>();
  const queue: (() => void)[] = [];
  let active = 0;

  const turn = async (): Promise<void> => {
    if (active >= requestsAtOnce) await new Promise<void>((go) => void queue.push(go));
    active++;
  };

  const ask = async (deviceId: string): Promise<WakeOutcome> => {
    await turn();
    try {
      const row = await findDevice(db, deviceId);
      if (!row) return { woken: false, reason: "unknown-device", detail: "no such device" };
      return (await overUsp(row)) ?? (await overTheNet(row));
    } catch (error) {
      log.error({ deviceId, err: error }, "connection request failed");
      return { woken: false, reason: "unreachable", detail: "internal error" };
    } finally {
      active--;
      queue.shift()?.();
    }
  };

  /** The quickest way: the connection is there. Undefined when it is not, or leads nowhere. */
  const overUsp = async ({ id, endpoint_id, online_usp }: DeviceRow): Promise<WakeOutcome | undefined> => {
    const { usp } = ways();
    if (!usp || endpoint_id === null || !online_usp) return undefined;
    try {
      await usp(endpoint_id);
      return { woken: true, by: "usp" };
    } catch (error) {
      log.debug({ deviceId: id, err: error }, "not woken over USP");
      return undefined;
    }
  };

  const overTheNet = async (row: DeviceRow): Promise<WakeOutcome> => {
    const { id, connection_request_url: url, connection_request_username: username } = row;
    const sealed = row.connection_request_password_sealed;
    const account = { username: username ?? "", password: sealed ? sealer.open(sealed) : "" };
    const { udp } = ways();
    const told = udp ? await natOf(db, id) : { address: "", behindNat: false };
    const viaUdp = async (): Promise<boolean> =>
      udp !== undefined && (await requestOverUdp(udp, { ...account, address: told.address }));
    // An address behind a NAT would only cost the time to find out that it cannot be reached.
    if (told.behindNat && (await viaUdp())) return { woken: true, by: "udp" };
    if (!url)
      return {
        woken: false,
        reason: "no-address",
        detail: "the device has not told its ConnectionRequestURL",
      };
    const outcome = await requestConnection({ ...account, url });
    if (!outcome.woken && outcome.reason === "unreachable" && !told.behindNat && (await viaUdp()))
      return { woken: true, by: "udp" };
    return outcome;
  };

  return {
    wake(deviceId) {
      const pending = underWay.get(deviceId);
      if (pending) return pending;
      const asked = ask(deviceId).then((outcome) => {
        if (!outcome.woken)
          log.info({ deviceId, reason: outcome.reason, detail: outcome.detail }, "device not woken");
        return outcome;
      });
      underWay.set(deviceId, asked);
      void asked.finally(() => underWay.delete(deviceId));
      return asked;
    },
  };
}

const natPaths = {
  address: "Device.ManagementServer.UDPConnectionRequestAddress",
  detected: "Device.ManagementServer.NATDetected",
};

/** What the device said about how it looks from outside. */
async function natOf(
  db: Kysely<Database>,
  deviceId: string,
): Promise<{ address: string; behindNat: boolean }> {
  const rows = await db
    .selectFrom("device_parameters")
    .select(["path", "value"])
    .where("device_id", "=", deviceId)
    .where("path", "in", Object.values(natPaths))
    .execute();
  const value = (path: string): string => rows.find((row) => row.path === path)?.value ?? "";
  return { address: value(natPaths.address), behindNat: value(natPaths.detected) === "true" };
}
