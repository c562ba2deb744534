import type { ImageHeader, SignatureCheck } from "../../core/firmware/index.ts";
import type { Journal, KeyValueStore } from "../../core/ports.ts";
import type {
  HealthLimits,
  IdleState,
  ImageFacts,
  LineHealth,
  MaintenanceHours,
  QuietTimes,
  UpdateOutcome,
  UpdateStateName,
} from "../../core/update/index.ts";
import { quietTimes } from "../../core/update/index.ts";
import type { Disk } from "./disk.ts";
import type { ImageSource } from "./download.ts";
import type { RetryPlan } from "./rejection.ts";
import type { UpdateBackend } from "./slots.ts";
import type { Transport } from "./transport.ts";

/** What the box shows of an update: the parameters of Device.X_TONALITE_Update. Empty texts where there is nothing to say. */
export type UpdateView = {
  /** Names the update on this box; "" for none. */
  id: string;
  state: UpdateStateName;
  reason: string;
  clause: string;
  version: string;
  deadline: string;
  commandKey: string;
  /** The USP command that is being carried out; "" for any other order, and when it is over. */
  command: string;
};

/** What TransferComplete says (TR-069 A.3.3.2). Code 0: the new image is committed. */
export type UpdateReport = {
  commandKey: string;
  fault: { code: number; string: string };
  startTime: string;
  completeTime: string;
  outcome: UpdateOutcome;
};

/** Where the engine writes what it does; pino fits. Never given credentials. */
export interface UpdateLog {
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
}

/** Times in milliseconds, except the health limits (seconds). */
export type UpdateTiming = {
  /** Between looks at a line that is not quiet. */
  quietPollMs: number;
  /** Seconds that a line must have been quiet for, by how hard the update presses. */
  quiet: QuietTimes;
  /** Between looks at an image on trial. */
  healthPollMs: number;
  /** How long an HTTPS server waits for a clock that its certificate can be judged by. */
  clockPatienceMs: number;
  /** After a fault of the box itself, before the step is tried again. */
  repairMs: number;
  retry: RetryPlan;
  health: HealthLimits;
};

/** An image that a server offers, as its verified header tells it, and how that server is asked. */
export type OfferedImage = { source: ImageSource; image: ImageFacts };

/** What whoever publishes releases says about an image beyond its own header. */
export type ReleaseWord = {
  /** SHA-256 of the whole file, lower-case hexadecimal: compared once it is all there. */
  fileSha256?: string;
  /** Other addresses of the same file. */
  mirrors?: readonly string[];
};

/** An image that was judged before, and lies in its slot since. */
export type KeptImage = { version: string; headerSha256: string };

export interface ReleaseCheck {
  /**
   * Asked in `checking`, when the header is judged and before anything more is fetched.
   * @throws Rejection when the image is not one of the publisher's; TemporaryFailure when that cannot be known now
   */
  judge(offered: OfferedImage & { header: ImageHeader }): Promise<ReleaseWord>;
  /**
   * Asked in `activating`, of an image that was kept.
   * @param by the server to ask; or why none could be: then what was seen last counts for as long as it is not expired
   * @throws Rejection `IMAGE_UNTRUSTED` when it is not published any more; as {@link judge} when the server brings nothing
   */
  judgeKept(kept: KeptImage, by: { source: ImageSource } | { unasked: string }): Promise<void>;
}

/** Asked in `downloading`, also after each power cut: what of an image the box has already need not travel. */
export interface ImageSupply {
  /**
   * A transport that answers for the same image, from pieces at hand and from `offered.source` for the rest. It is asked
   * for ranges with and without an end, in order, and must tell total and etag as the server would.
   * @returns undefined when the box has nothing to add
   */
  prepare(offered: OfferedImage): Promise<Transport | undefined>;
}

/** What the update engine needs of the box. */
export type UpdateOptions = {
  boot: UpdateBackend;
  disk: Disk;
  /** Private folder for the image that is being fetched. */
  folder: string;
  store: KeyValueStore;
  transport: Transport;
  trustedKeys: SignatureCheck;
  /** Absent: the image's own signature says it all. */
  release?: ReleaseCheck;
  /** Absent: every byte travels. */
  supply?: ImageSupply;
  /** This box: product `tonalite-agent`, hardware profile id, running version. */
  product: string;
  hardware: string;
  version: string;
  idle: () => IdleState;
  /** The provider's hours for maintenance, as they stand at a time; null or absent: the terms name none. */
  maintenance?: (at: Date) => MaintenanceHours | null;
  /** Seconds of quiet before a restart that has time; those of the timing where it is not given. */
  quietTime?: () => number;
  /** Bytes a second that a download may take while a call is up; 0 and absent: none. */
  callBandwidth?: () => number;
  /** Whether the subscriber shall hear, when he lifts the handset, that something waits for his line. */
  onRemind?: (remind: boolean) => void;
  /** Lines that are registered now, numbered from 1. */
  registeredLines: () => number[];
  /** Words about a line that is not registered; "disabled" when its owner switched it off. */
  lineHealth: (line: number) => LineHealth;
  /** Whether a server that the box needs answers, asked independently of the line's own code. */
  networkReachable: () => Promise<boolean>;
  journal: Pick<Journal, "append">;
  onState: (view: UpdateView) => void;
  /** Durable when it resolves; may come twice after a power cut. */
  onOutcome: (report: UpdateReport) => void | Promise<void>;
  /** Ends the process so that the boot loader starts the slot it was told to. */
  restart: () => void;
  log: UpdateLog;
  /** The box's clock, which may not be set; the system's when not given. */
  now?: () => Date;
  timing?: Partial<UpdateTiming>;
};

export const updateTiming: UpdateTiming = {
  quietPollMs: 500,
  quiet: quietTimes,
  healthPollMs: 1000,
  repairMs: 5000,
  clockPatienceMs: 3_600_000,
  retry: { attempts: 8, firstMs: 1000, longestMs: 60_000, longestAskedMs: 3_600_000 },
  health: { settle: 5, recover: 90, extend: 24 * 3600 },
};
