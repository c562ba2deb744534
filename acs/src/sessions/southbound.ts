import type { JournalEntry } from "@tonalite/agent/core/records";
import type { Kysely } from "kysely";
import type { Pool } from "pg";
import type { KnownDevices } from "../devices/known-device.ts";
import type { EventBus } from "../events.ts";
import type { Log } from "../log.ts";
import type { Sealer } from "../secrets/seal.ts";
import type { Database } from "../store/database.ts";

/** What a device says about its update. */
export type UpdateNote = {
  state: string;
  reason: string | null;
  version: string | null;
  clause: string | null;
  commandKey: string | null;
};

/** Where the devices' news goes; the other contexts supply it. Each resolves when the news is durable. */
export type SouthboundHooks = {
  ingestEntries(deviceId: string, entries: JournalEntry[]): Promise<unknown>;
  noteTransferComplete(
    deviceId: string,
    commandKey: string,
    fault: { code: number; string: string } | null,
  ): Promise<void>;
  /** the device asks for firmware; resolves when what it may have is ordered */
  firmwareAsked(deviceId: string): Promise<void>;
  noteUpdateState(deviceId: string, note: UpdateNote): Promise<void>;
  /** makes sure that the broker knows the account before the device is told of it */
  mqttAccount(endpointId: string, password: string): Promise<void>;
};

/** What sessions over CWMP and USP share. */
export type Southbound = {
  db: Kysely<Database>;
  pool: Pool;
  bus: EventBus;
  sealer: Sealer;
  log: Log;
  /** devices most recently heard of */
  devices: KnownDevices;
  hooks: SouthboundHooks;
  settings: {
    /** seconds between Informs */
    periodicInformInterval: number;
    /** port of the broker on the host that the device calls; undefined without a broker */
    mqttPort: number | undefined;
    /** the broker speaks TLS */
    mqttTls?: boolean | undefined;
    /** port of the STUN server on the host that the device calls */
    stunPort?: number | undefined;
    /** port for lightweight notifications on the host that the device calls */
    lightPort?: number | undefined;
    openEnrolment: boolean;
  };
};
