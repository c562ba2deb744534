import type { Southbound } from "../sessions/southbound.ts";
import type { DeviceNotify } from "../usp/notify-intake.ts";
import { takeInJournal } from "./journal.ts";
import { findDeviceByEndpoint, recordPresence, storeKnownValue } from "./repository.ts";
import { noticeValues } from "./values-noticed.ts";

const journalObject = "Device.X_TONALITE_Journal.";

/** What boxes tell over USP goes where their Informs go. Each resolves when it is durable: only then the box is told. */
export function createUspIntake(southbound: Southbound) {
  const { db, pool, bus, devices, log } = southbound;
  return {
    async notify(endpointId: string, notify: DeviceNotify): Promise<void> {
      const device = await findDeviceByEndpoint(db, endpointId);
      if (!device) {
        log.warn({ endpointId, kind: notify.kind }, "notification of an unknown endpoint dropped");
        return;
      }
      if (notify.kind === "event" && notify.objectPath === journalObject && notify.eventName === "Entry!") {
        await takeInJournal(southbound, device.id, [notify.params]);
      } else if (notify.kind === "value-change") {
        const { path, value } = notify;
        await storeKnownValue(pool, device.id, path, value);
        devices.byId(device.id)?.informed.delete(path);
        await noticeValues(southbound, device.id, [{ path, value }]);
      } else {
        log.debug({ deviceId: device.id, kind: notify.kind }, "notification without meaning here");
      }
    },
    async presence(endpointId: string, online: boolean): Promise<void> {
      const deviceId = await recordPresence(db, endpointId, online);
      if (deviceId !== undefined)
        bus.publish({ type: "device", deviceId, what: online ? "online" : "offline" });
    },
  };
}
