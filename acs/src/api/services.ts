import type { Profiles } from "@tonalite/device-profiles";
import type { Kysely } from "kysely";
import type { Campaigns } from "../campaigns/campaigns.ts";
import type { EventBus } from "../events.ts";
import type { FirmwareStore } from "../firmware/firmware-store.ts";
import type { ReleaseStore } from "../firmware/release-store.ts";
import type { Log } from "../log.ts";
import type { Sealer } from "../secrets/seal.ts";
import type { Database } from "../store/database.ts";
import type { ServerCertificate } from "../tls/server-certificate.ts";

/** What the API and the firmware downloads work with; the composition root supplies it. */
export type Services = {
  db: Kysely<Database>;
  bus: EventBus;
  sealer: Sealer;
  log: Log;
  /** Where the ACS keeps its files: `admin-token`, `trust/*.pem`, `firmware/`. */
  dataDir: string;
  profiles: Profiles;
  /** Asks a device to open a session now (USP or a Connection Request); never waits for it. */
  wake: (deviceId: string) => void;
  campaigns: Campaigns;
  firmware: FirmwareStore;
  release: ReleaseStore;
  /** What the TLS ports show now; undefined without TLS. */
  certificate?: (() => Pick<ServerCertificate, "notAfter">) | undefined;
};
