import type { Kysely } from "kysely";
import { findDevice } from "../devices/repository.ts";
import type { Log } from "../log.ts";
import type { Sealer } from "../secrets/seal.ts";
import type { Database } from "../store/database.ts";
import { requestConnection, type WakeOutcome } from "./connection-request.ts";

export type WakeService = {
  /** Asks a device to open a session now; callers that ask while one request is under way share its outcome. Never rejects. */
  wake(deviceId: string): Promise<WakeOutcome>;
};

// A campaign that wakes a fleet must not open a thousand connections at once.
const requestsAtOnce = 64;

export function createWakeService({
  db,
  sealer,
  log,
}: {
  db: Kysely<Database>;
  sealer: Sealer;
  log: Log;
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
      const { connection_request_url: url, connection_request_username: username } = row;
      if (!url)
        return {
          woken: false,
          reason: "no-address",
          detail: "the device has not told its ConnectionRequestURL",
        };
      const sealed = row.connection_request_password_sealed;
      return await requestConnection({
        url,
        username: username ?? "",
        password: sealed ? sealer.open(sealed) : "",
      });
    } catch (error) {
      log.error({ deviceId, err: error }, "connection request failed");
      return { woken: false, reason: "unreachable", detail: "internal error" };
    } finally {
      active--;
      queue.shift()?.();
    }
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
