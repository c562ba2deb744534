import type { SignatureCheck } from "../../core/firmware/index.ts";
import type { Journal, KeyValueStore } from "../../core/ports.ts";
import type {
  HealthLimits,
  IdleState,
  LineHealth,
  UpdateOutcome,
  UpdateStateName,
} from "../../core/update/index.ts";
import type { Disk } from "./disk.ts";
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
  /** Between looks at an image on trial. */
  healthPollMs: number;
  /** How long an HTTPS server waits for a clock that its certificate can be judged by. */
  clockPatienceMs: number;
  /** After a fault of the box itself, before the step is tried again. */
  repairMs: number;
  retry: RetryPlan;
  health: HealthLimits;
};

/** What the update engine needs of the box. */
export type UpdateOptions = {
  boot: UpdateBackend;
  disk: Disk;
  /** Private folder for the image that is being fetched. */
  folder: string;
  store: KeyValueStore;
  transport: Transport;
  trustedKeys: SignatureCheck;
  /** This box: product `tonalite-agent`, hardware profile id, running version. */
  product: string;
  hardware: string;
  version: string;
  idle: () => IdleState;
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
  healthPollMs: 1000,
  repairMs: 5000,
  clockPatienceMs: 3_600_000,
  retry: { attempts: 8, firstMs: 1000, longestMs: 60_000, longestAskedMs: 3_600_000 },
  health: { settle: 5, recover: 90, extend: 24 * 3600 },
};
