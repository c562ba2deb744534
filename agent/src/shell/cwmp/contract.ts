import type {
  AcsCall,
  Download,
  DownloadOutcome,
  QueuedTransfer,
  Refusal,
  StoredAttributes,
  StoredEvent,
  Transfer,
} from "../../core/cwmp/index.ts";
import type { DataModel, ModelView } from "../../core/data-model/index.ts";
import type { SoundKind } from "../../core/provisioning/index.ts";
import type { CwmpClock, CwmpLog } from "./clock.ts";
import type { TlsIdentity } from "../net/authorities.ts";
import type { DownloadWindow, PendingTransfer } from "./transfers.ts";

/** What the client asks of the device around it. */
export interface CwmpHooks {
  /** Starts a firmware download; says at once whether it is accepted. Later outcomes go to `transferComplete`. */
  download(request: Download, windows?: DownloadWindow[]): Promise<DownloadOutcome>;
  /** Takes a firmware download back, durably; why that is not possible. */
  cancelDownload(commandKey: string): Refusal | undefined;
  /** Called once the session has ended; `M Reboot` is already kept. */
  reboot(commandKey: string): void;
  /** Called once the session has ended: forget everything, then restart. */
  factoryReset(): void;
  loadEvents(): StoredEvent[];
  /** Durable when it returns. */
  saveEvents(events: StoredEvent[]): void;
  loadAttributes(): StoredAttributes;
  /** Durable when it returns. */
  saveAttributes(attributes: StoredAttributes): void;
  loadTransfers(): PendingTransfer[];
  /** Durable when it returns. */
  saveTransfers(transfers: PendingTransfer[]): void;
  /** Firmware downloads under way in the update engine. */
  downloads(): QueuedTransfer[];
  /** A session is over, well or not. */
  sessionEnded?(): void;
  /** The vendor log file: text without secrets. */
  logFile(): string;
  /** Puts a tone or ringer file into effect, durably and as a whole; why nothing changed. */
  takeSounds(kind: SoundKind, bytes: Uint8Array): string | undefined;
}

export type CwmpClientOptions = {
  model: DataModel;
  /** The tree as the ACS sees it, where that is not `model` itself. */
  view?: ModelView;
  hooks: CwmpHooks;
  log: CwmpLog;
  clock?: CwmpClock;
  /** In [0, 1): spreads retries and intervals of many boxes. */
  random?: () => number;
  /** Where the ACS may knock: default every address, a port of the kernel's choice. */
  connectionRequest?: { host?: string; port?: number };
  /** Milliseconds for one HTTP request with its answer; 30 000 by default. */
  timeout?: number;
  /** PEM certificates to trust for https beside the system's own. */
  certificates?: readonly string[];
  /** What this device shows to an ACS that asks for a certificate. */
  identity?: TlsIdentity;
};

export type CwmpClient = {
  /** Listens for connection requests and opens the first session (1 BOOT, and 0 BOOTSTRAP for an ACS not met yet). */
  start(): Promise<void>;
  /** Ends timers, the server and a session under way; what was not delivered is kept by the hooks. */
  stop(): Promise<void>;
  /** Opens a session for an event, or one more after the present one. */
  informNow(eventCode: string, commandKey?: string): void;
  /** Queues the outcome of a Download, durable before it returns, and opens a session. */
  transferComplete(transfer: Transfer): void;
  /** A firmware download was taken back by another door: it leaves the queue, and nothing is told (TR-069 A.4.1.9). */
  transferCancelled(commandKey: string): void;
  /**
   * Tells of a transfer that the ACS did not ask for, or asks it for one; dropped for an ACS that takes no such call. The
   * former is durable before it returns.
   */
  call(call: AcsCall): void;
  /** Device.ManagementServer.ConnectionRequestURL; "" before `start`. */
  readonly connectionRequestUrl: string;
};
