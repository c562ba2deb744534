import {
  fileKind,
  type DownloadOutcome,
  type QueuedTransfer,
  type Refusal,
  type ScheduleDownload,
  type Download,
  type Transfer,
  type TransferQueue,
  unknownTime,
  type Upload,
  windowMode,
  type WindowMode,
} from "../../core/cwmp/index.ts";
import { isClockSet } from "../../core/update/index.ts";
import type { CwmpClock, CwmpLog } from "./clock.ts";

/** A transfer of the queue as the store keeps it; `asked` in milliseconds since the epoch. */
export type PendingTransfer = { asked: number; started: boolean } & (
  | { request: Upload }
  /** Of a configuration, tone or ringer file: firmware goes straight to the update engine. */
  | { request: Download }
  | { request: ScheduleDownload }
);

export type TransferOptions = {
  load(): PendingTransfer[];
  /** Durable when it returns. */
  save(transfers: PendingTransfer[]): void;
  /** What is being transferred beside this queue. */
  others(): QueuedTransfer[];
  /** `windows`: when it may be fetched and applied, the first of them being open. */
  download(request: Download, windows?: DownloadWindow[]): Promise<DownloadOutcome>;
  /** Takes back what `download` accepted; why that is not possible. */
  cancelDownload(commandKey: string): Refusal | undefined;
  /** Brings a file of this device to its server; why it failed. */
  bring(request: Upload, kind: "configuration" | "log"): Promise<Refusal | undefined>;
  /** Fetches a configuration, tone or ringer file and applies it; why nothing changed. */
  configure(request: Download): Promise<Refusal | undefined>;
  /** Durable when it returns. */
  report(transfer: Transfer): void;
  clock: CwmpClock;
  log: CwmpLog;
};

/** A window of a ScheduleDownload on the device's clock, milliseconds since the epoch. */
export type DownloadWindow = {
  opens: number;
  closes: number;
  mode: WindowMode;
  /** -1: the device's own plan. */
  retries: number;
  message: string;
};

const maximumQueued = 8;
/** Between looks at the queue while something waits for a quiet line or for another update to end. */
const lookAgain = 5000;
/** Timers hold no more than 24.8 days, and clocks are set. */
const longestWait = 3_600_000;

/**
 * Uploads and scheduled downloads in their turn (TR-069 A.4.1.5, A.4.1.8): kept over restarts, each told of by one
 * TransferComplete. Firmware goes on to the update engine, which never disturbs a call, whatever the window's mode.
 */
export class Transfers implements TransferQueue {
  readonly #options: TransferOptions;
  #queue: PendingTransfer[] = [];
  #cancelTimer = (): void => {};
  #busy = false;
  #running = false;

  constructor(options: TransferOptions) {
    this.#options = options;
  }

  /** Takes up what the store kept. */
  start(): void {
    const now = this.#options.clock.now();
    // A clock that went back must not add to the delays.
    this.#queue = this.#options.load().map((kept) => ({ ...kept, asked: Math.min(kept.asked, now) }));
    this.#running = true;
    if (this.#queue.some(isWaiting)) this.#arm(0);
  }

  stop(): void {
    this.#running = false;
    this.#cancelTimer();
  }

  upload(request: Upload): Refusal | undefined {
    return this.#add(request);
  }

  schedule(request: ScheduleDownload): Refusal | undefined {
    return this.#add(request);
  }

  fetch(request: Download): Refusal | undefined {
    return this.#add(request);
  }

  list(): QueuedTransfer[] {
    const own = this.#queue.map(({ request, started }): QueuedTransfer => {
      const isDownload = request.method !== "Upload";
      return {
        commandKey: request.commandKey,
        state: started ? 2 : 1,
        isDownload,
        fileType: request.fileType,
        fileSize: isDownload ? request.fileSize : 0,
        targetFileName: isDownload ? request.targetFileName : "",
      };
    });
    const keys = new Set(own.map(({ commandKey }) => commandKey));
    return [...own, ...this.#options.others().filter(({ commandKey }) => !keys.has(commandKey))];
  }

  cancel(commandKey: string): Refusal | undefined {
    const named = this.list().filter((transfer) => transfer.commandKey === commandKey);
    if (named.length === 0) return { faultCode: 9001, faultString: "no transfer has this CommandKey" };
    const removable = this.#queue.filter(
      ({ request, started }) => !started && request.commandKey === commandKey,
    );
    const before = this.#queue;
    const isGone = (entry: PendingTransfer): boolean =>
      removable.includes(entry) ||
      (entry.request.method === "ScheduleDownload" && entry.request.commandKey === commandKey);
    // Out of the queue first: after a power cut in between, the download goes on as a plain one.
    this.#keep(before.filter((entry) => !isGone(entry)));
    if (named.length === removable.length) return undefined;
    const refusal = this.#options.cancelDownload(commandKey);
    if (refusal !== undefined) this.#keep(before);
    return refusal;
  }

  /** Takes the outcome of a firmware update; names it as the request did and ends its place in the queue. */
  settle(transfer: Transfer): Transfer {
    const mine = this.#queue.find(
      ({ request, started }) =>
        started && request.method === "ScheduleDownload" && request.commandKey === transfer.commandKey,
    );
    return mine === undefined ? transfer : { ...transfer, event: "M ScheduleDownload" };
  }

  /** After the outcome is durable. */
  forget({ commandKey, event }: Pick<Transfer, "commandKey" | "event">): void {
    if (event !== "M ScheduleDownload") return;
    this.#keep(this.#queue.filter(({ request, started }) => !started || request.commandKey !== commandKey));
  }

  #add(request: PendingTransfer["request"]): Refusal | undefined {
    if (this.#queue.length >= maximumQueued)
      return { faultCode: 9004, faultString: "Resources exceeded: too many transfers are queued" };
    const entry = { asked: this.#options.clock.now(), started: false, request } as PendingTransfer;
    this.#keep([...this.#queue, entry]);
    this.#arm(0);
    return undefined;
  }

  #keep(queue: PendingTransfer[]): void {
    this.#options.save(queue);
    this.#queue = queue;
  }

  #arm(wait: number): void {
    this.#cancelTimer();
    if (this.#running) this.#cancelTimer = this.#options.clock.after(wait, () => void this.#look());
  }

  async #look(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (const entry of this.#queue) {
        if (this.#running && this.#queue.includes(entry)) await this.#try(entry);
      }
    } catch (error) {
      this.#options.log.error({ error }, "cwmp: the queue of transfers failed");
    } finally {
      this.#busy = false;
    }
    if (this.#queue.some(isWaiting)) this.#arm(Math.max(lookAgain, Math.min(...this.#waits(), longestWait)));
  }

  /** Milliseconds until each transfer may start. */
  #waits(): number[] {
    const now = this.#options.clock.now();
    return this.#queue.filter(isWaiting).map(({ asked, request }) => {
      const passed = now - asked;
      const starts =
        request.method !== "ScheduleDownload"
          ? [request.delaySeconds * 1000]
          : request.windows.filter(({ end }) => end * 1000 > passed).map(({ start }) => start * 1000);
      return Math.max(0, Math.min(...starts, passed + longestWait) - passed);
    });
  }

  async #try(entry: PendingTransfer): Promise<void> {
    const now = this.#options.clock.now();
    // Asked when the clock was not set: the delays count from when it is.
    if (isClockSet(new Date(now)) && !isClockSet(new Date(entry.asked))) {
      const later: PendingTransfer = { ...entry, asked: now };
      this.#replace(entry, later);
      entry = later;
    }
    const passed = now - entry.asked;
    const { request } = entry;
    if (request.method !== "ScheduleDownload") {
      if (passed >= request.delaySeconds * 1000) await this.#exchange(entry, request);
    } else if (!entry.started) await this.#download(entry, request, passed / 1000);
  }

  /** One file, up or down. Begun before a restart it begins again: bringing or applying it twice changes nothing. */
  async #exchange(entry: PendingTransfer, request: Upload | Download): Promise<void> {
    const startTime = this.#time();
    this.#replace(entry, { asked: entry.asked, started: true, request } as PendingTransfer);
    const refusal =
      request.method === "Upload"
        ? await this.#options.bring(request, fileKind(request.fileType) ?? "log")
        : await this.#options.configure(request);
    // Stopped in the middle: it starts again after the restart.
    if (!this.#running) return;
    this.#finish(request, request.method === "Upload" ? "M Upload" : "M Download", startTime, refusal);
  }

  async #download(entry: PendingTransfer, request: ScheduleDownload, passed: number): Promise<void> {
    if (request.windows.every(({ end }) => passed >= end)) {
      this.#finish(request, "M ScheduleDownload", unknownTime, {
        faultCode: 9020,
        faultString: "the download could not start within its time windows",
      });
      return;
    }
    const window = request.windows.find(({ end, start }) => passed >= start && passed < end);
    if (window === undefined) return;
    const { commandKey, fileSize, fileType, password, targetFileName, url, username } = request;
    const file: Download = {
      method: "Download",
      commandKey,
      fileType,
      url,
      username,
      password,
      fileSize,
      targetFileName,
      delaySeconds: 0,
      successUrl: "",
      failureUrl: "",
    };
    const outcome = await this.#options.download(file, windowsOf(request, entry.asked));
    // 9001 is another update under way: the window is not over yet.
    if ("faultCode" in outcome) {
      if (outcome.faultCode !== 9001) this.#finish(request, "M ScheduleDownload", this.#time(), outcome);
    } else this.#replace(entry, { asked: entry.asked, started: true, request });
  }

  #replace(entry: PendingTransfer, by: PendingTransfer): void {
    this.#keep(this.#queue.map((other) => (other.request === entry.request ? by : other)));
  }

  #finish(
    request: PendingTransfer["request"],
    event: "M Upload" | "M Download" | "M ScheduleDownload",
    startTime: string,
    refusal: Refusal | undefined,
  ): void {
    const fault = { code: refusal?.faultCode ?? 0, string: refusal?.faultString ?? "" };
    const completeTime = refusal === undefined ? this.#time() : unknownTime;
    // Told before it is forgotten: after a power cut in between it is told twice rather than never.
    this.#options.report({ event, commandKey: request.commandKey, fault, startTime, completeTime });
    this.#keep(this.#queue.filter((other) => other.request !== request));
  }

  #time = (): string => `${new Date(this.#options.clock.now()).toISOString().slice(0, 19)}Z`;
}

/** What was begun before a restart begins again; a download handed on is the update engine's. */
const isWaiting = ({ request, started }: PendingTransfer): boolean =>
  !started || request.method !== "ScheduleDownload";

/** What the update engine goes by: it waits for the line, asks the subscriber, and stops when the last window closes. */
const windowsOf = ({ windows }: ScheduleDownload, asked: number): DownloadWindow[] =>
  windows.map(({ start, end, mode, maxRetries, userMessage }) => ({
    opens: asked + start * 1000,
    closes: asked + end * 1000,
    mode: windowMode(mode) ?? "when-idle",
    retries: maxRetries,
    message: userMessage,
  }));
