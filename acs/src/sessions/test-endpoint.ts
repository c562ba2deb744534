import { KnownDevices } from "../devices/known-device.ts";
import { ensureSecrets, findDevice } from "../devices/repository.ts";
import { createEventBus } from "../events.ts";
import type { Log } from "../log.ts";
import { cwmpHa1 } from "../secrets/credentials.ts";
import { createSealer } from "../secrets/seal.ts";
import { openTestStore } from "../store/test-store.ts";
import { createCwmpServer } from "./cwmp-server.ts";
import { ScriptedCpe } from "./scripted-cpe.ts";
import type { Southbound, SouthboundHooks, UpdateNote } from "./southbound.ts";

type Heard = {
  entries: { deviceId: string; id: string }[];
  transfers: { commandKey: string; fault: unknown }[];
  updates: UpdateNote[];
  asked: string[];
  log: { level: string; detail: object; message: string }[];
};

/** A CWMP endpoint on a real store, with everything it tells the other contexts written down. */
export async function openTestEndpoint(options: { openEnrolment?: boolean; mqttPort?: number } = {}) {
  const heard: Heard = { entries: [], transfers: [], updates: [], asked: [], log: [] };
  const write = (level: string) => (detail: object, message: string) =>
    void heard.log.push({ level, detail, message });
  const log: Log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  const store = await openTestStore(log);
  const sealer = createSealer(store.dataDir);
  const hooks: SouthboundHooks = {
    async ingestEntries(deviceId, entries) {
      heard.entries.push(...entries.map(({ id }) => ({ deviceId, id })));
    },
    async noteTransferComplete(_deviceId, commandKey, fault) {
      heard.transfers.push({ commandKey, fault });
    },
    async noteUpdateState(_deviceId, note) {
      heard.updates.push(note);
    },
    async firmwareAsked(deviceId) {
      heard.asked.push(deviceId);
    },
    async mqttAccount() {},
  };
  const southbound: Southbound = {
    db: store.db,
    pool: store.pool,
    bus: createEventBus(),
    sealer,
    log,
    devices: new KnownDevices(),
    hooks,
    settings: {
      periodicInformInterval: 300,
      mqttPort: options.mqttPort,
      openEnrolment: options.openEnrolment ?? false,
    },
  };
  const app = createCwmpServer(southbound, { hardware: new Map(), providers: new Map(), regions: new Map() });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  let boxes = 0;

  return {
    store,
    southbound,
    heard,
    url,
    /** A registered box with its credentials, and the id it is stored under. */
    async box(): Promise<{ cpe: ScriptedCpe; id: string }> {
      const cpe = new ScriptedCpe(`${url}/`);
      cpe.identity.serialNumber = `S${++boxes}`;
      const id = `0011AA-box-S${boxes}`;
      cpe.username = id;
      cpe.password = `password of box ${boxes}`;
      await store.db
        .insertInto("devices")
        .values({
          id,
          oui: "0011AA",
          product_class: "box",
          serial_number: cpe.identity.serialNumber,
          cwmp_username: id,
          cwmp_ha1: JSON.stringify(cwmpHa1(id, cpe.password)),
          cwmp_password_sealed: sealer.seal(cpe.password),
        })
        .execute();
      const row = await findDevice(store.db, id);
      if (row) await ensureSecrets(store.db, sealer, row);
      return { cpe, id };
    },
    async close(): Promise<void> {
      await app.close();
      await store.close();
    },
  };
}
