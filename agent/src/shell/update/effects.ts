import { dirname, join } from "node:path";
import {
  holdReason,
  isClockSet,
  isOutcome,
  judgeHealth,
  outcomeFault,
  reportedTime,
  type UpdateEffect,
  type UpdateEvent,
  type UpdateIn,
  type UpdateState,
} from "../../core/update/index.ts";
import { hashOf } from "./archive.ts";
import { downloadImage, fetchFacts, verifyImage, type ImageSource } from "./download.ts";
import type { UpdateOptions, UpdateTiming } from "./options.ts";
import { downloadMark } from "./record.ts";
import { persist, Rejection } from "./rejection.ts";

/** "restarting": the process ends now; "again": the same step once more. */
export type EffectResult = UpdateEvent | "restarting" | "again";

/** What each state does on entry; all can be repeated after a power cut. `say` shows what holds the update up. */
export type Effects = {
  do: Record<UpdateEffect, (state: UpdateState) => Promise<EffectResult>>;
  /** The line changed: whatever waits for it looks again. */
  poke(): void;
  /** Gives back the room that the image takes: it must not keep the update's end from being recorded. */
  discard(): Promise<void>;
  /** Ends early when stopped. */
  pause(ms: number): Promise<void>;
};

// A file that changes or arrives damaged is fetched anew this often.
const maximumRestarts = { renewed: 3, damaged: 1 };
const margin = 1024 * 1024;

/** The steps of an update, done to the real box. */
export function createEffects(
  options: UpdateOptions,
  timing: UpdateTiming,
  signal: AbortSignal,
  say: (words: string) => void,
): Effects {
  const { boot, disk, folder, now = () => new Date() } = options;
  const path = join(folder, "image.part");
  const target = async () => ({
    product: options.product,
    hardware: options.hardware,
    version: options.version,
    securityFloor: (await boot.record()).securityFloor,
  });
  const prepare = async (): Promise<void> => {
    await disk.makeFolder(folder);
    await disk.syncFolder(dirname(folder));
  };
  let wake: () => void = () => {};

  const pause = async (ms: number, listen?: (end: () => void) => void): Promise<void> => {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = (): void => resolve();
    const timer = setTimeout(end, ms);
    listen?.(end);
    signal.addEventListener("abort", end, { once: true });
    await promise;
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  };

  // A pause that a change of the line ends: servers, which have nothing to do with it, are not asked sooner.
  const watch = async (ms: number): Promise<void> => await pause(ms, (end) => (wake = end));

  // `held` says why not yet; undefined: go on.
  const until = async (held: () => string | undefined): Promise<void> => {
    for (let why = held(); why !== undefined; why = held()) {
      signal.throwIfAborted();
      if (boot.running.trial) boot.alive();
      say(why);
      await watch(timing.quietPollMs);
    }
    signal.throwIfAborted();
  };
  const quiet = async ({ request }: { request: UpdateIn<"waiting">["request"] }): Promise<void> =>
    await until(() => holdReason(options.idle(), request, now().toISOString()));
  const noCall = async (): Promise<void> => {
    await until(() => {
      const idle = options.idle();
      return !idle.idle && idle.call ? `paused: ${idle.why}` : undefined;
    });
    say("");
  };

  // A certificate is judged by the time: without one, none is believed and none is refused.
  const clock = async ({ request }: { request: UpdateIn<"waiting">["request"] }): Promise<void> => {
    if (!/^https:/i.test(request.url)) return;
    const end = performance.now() + timing.clockPatienceMs;
    await until(() => {
      if (isClockSet(now())) return undefined;
      const words = "the box's clock is not set, which the server's certificate is judged by";
      if (performance.now() >= end) throw new Rejection("SERVER_UNREACHABLE", words);
      return words;
    });
  };
  const source = ({ request }: { request: UpdateIn<"waiting">["request"] }): ImageSource => {
    const { username = "", password = "" } = request;
    const credentials = username === "" && password === "" ? {} : { credentials: { username, password } };
    return { transport: options.transport, url: request.url, signal, ...credentials };
  };
  // The image as its server and its publisher tell it.
  const offered = async (job: UpdateIn<"checking">) => {
    const found = await fetchFacts(source(job), await target(), options.trustedKeys);
    const word = await options.release?.judge({ source: source(job), image: found.image });
    const { fileSha256 } = word ?? {};
    return { ...found, image: { ...found.image, ...(fileSha256 !== undefined && { fileSha256 }) } };
  };
  const anew = async (
    state: UpdateIn<"downloading" | "verifying">,
    why: keyof typeof maximumRestarts,
  ): Promise<UpdateEvent> => {
    await disk.remove(path);
    if (state.restarts < maximumRestarts[why]) return { event: "renewed" };
    const words =
      why === "damaged"
        ? "the image's bytes do not fit its signed header"
        : "the file keeps changing on its server";
    throw new Rejection("IMAGE_CORRUPTED", words, state.image.version);
  };
  const look = createLook(options, timing);

  const steps: Effects["do"] = {
    async "fetch-header"(state) {
      const job = inState(state, "checking");
      await prepare();
      await disk.remove(path);
      await clock(job);
      const found = await persist(async () => await offered(job), timing.retry, pause, say);
      const { fileSize = found.image.size } = job.request;
      if (fileSize !== found.image.size)
        throw new Rejection(
          "IMAGE_CORRUPTED",
          `the image has ${found.image.size} bytes, the order says ${fileSize}`,
          found.image.version,
        );
      const place = boot.place(found.files);
      if ("unfit" in place) throw new Rejection("IMAGE_UNSUITABLE", place.unfit, found.image.version);
      const room = found.image.size + place.room;
      const free = await disk.freeBytes(folder);
      if (free < room + margin)
        throw new Rejection(
          "NO_SPACE",
          `the image needs ${room} bytes, ${free} are free`,
          found.image.version,
        );
      return { event: "fits", image: found.image };
    },
    async "await-quiet"(state) {
      await quiet(inState(state, "waiting"));
      return { event: "quiet" };
    },
    async download(state) {
      const job = inState(state, "downloading");
      await prepare();
      await clock(job);
      const mark = downloadMark(options.store, job.request.id, job.restarts);
      const common = { disk, path, image: job.image, mark, hold: noCall };
      const end = await persist(
        async (progress) => {
          const plain = source(job);
          const transport = await options.supply?.prepare({ source: plain, image: job.image });
          const from = transport ? { ...plain, transport } : plain;
          return await downloadImage({ ...common, source: from, progress });
        },
        timing.retry,
        pause,
        say,
      );
      return end === "complete" ? { event: "complete" } : await anew(job, "renewed");
    },
    async verify(state) {
      const job = inState(state, "verifying");
      const verdict = await verifyImage(disk, path, job.image, await target(), options.trustedKeys);
      if (verdict === "damaged") return await anew(job, "damaged");
      const { fileSha256 } = job.image;
      if (fileSha256 !== undefined && (await hashOf(disk, path, "SHA-256")) !== fileSha256)
        throw new Rejection(
          "IMAGE_UNTRUSTED",
          "the image is not the file that its publisher lists",
          job.image.version,
        );
      const { checksum } = job.request;
      if (checksum && (await hashOf(disk, path, checksum.algorithm)) !== checksum.value)
        throw new Rejection(
          "IMAGE_CORRUPTED",
          `the image does not have the ${checksum.algorithm} checksum of the order`,
          job.image.version,
        );
      return { event: "good" };
    },
    async install(state) {
      const job = inState(state, "installing");
      await boot.install(path);
      return job.request.activate === false
        ? { event: "kept", at: now().toISOString() }
        : { event: "installed" };
    },
    async activate(state) {
      const job = inState(state, "activating");
      // An image that was kept may have been overtaken by a higher floor.
      const { securityFloor } = await boot.record();
      if (job.image.securityFloor < securityFloor)
        throw new Rejection(
          "IMAGE_UNSUITABLE",
          `the image's security floor ${job.image.securityFloor} is below this device's ${securityFloor}`,
          job.image.version,
        );
      await quiet(job);
      const lines = options.registeredLines();
      await boot.activate(job.request.id);
      return { event: "activated", lines };
    },
    async try(state) {
      const job = inState(state, "trial");
      if (boot.running.slot !== job.home) return await look(job, watch, say, signal);
      await quiet(job);
      options.restart();
      return "restarting";
    },
    async confirm(state) {
      await boot.confirm(inState(state, "committing").image.securityFloor);
      return { event: "confirmed", at: now().toISOString() };
    },
    async abandon(state) {
      await boot.giveUp(inState(state, "rolling-back").reason);
      await noCall();
      options.restart();
      return "restarting";
    },
    async report(state) {
      if (!isOutcome(state)) throw new TypeError("only an outcome is reported");
      const { request, startedAt, finishedAt } = state;
      await disk.remove(path);
      await options.onOutcome({
        commandKey: request.commandKey,
        fault: outcomeFault(state),
        startTime: reportedTime(startedAt),
        completeTime: reportedTime(finishedAt),
        outcome: state,
      });
      return { event: "reported" };
    },
  };
  const discard = async (): Promise<void> => await disk.remove(path);
  return { do: steps, poke: () => wake(), discard, pause };
}

// Watches an image on trial until there is a verdict.
function createLook(options: UpdateOptions, timing: UpdateTiming) {
  const { boot } = options;
  let renewed = false;
  return async (
    job: UpdateIn<"trial">,
    pause: (ms: number) => Promise<void>,
    say: (words: string) => void,
    signal: AbortSignal,
  ): Promise<UpdateEvent> => {
    const started = performance.now();
    let reachable = 0;
    let last = started;
    for (;;) {
      signal.throwIfAborted();
      boot.alive();
      const lines = registeredOr(job.lines, options);
      const allBack = lines.every((line) => line.status !== "down");
      const network = allBack || (await options.networkReachable()) ? "reachable" : "unreachable";
      const now = performance.now();
      if (network === "reachable") reachable += now - last;
      last = now;
      const seen = {
        lines,
        network,
        reachableFor: reachable / 1000,
        runningFor: (now - started) / 1000,
      } as const;
      const verdict = judgeHealth(seen, timing.health);
      if (verdict.verdict === "healthy") return { event: "healthy" };
      if (verdict.verdict === "unhealthy") return { event: "unhealthy", reason: verdict.reason };
      say(verdict.reason);
      if (verdict.extended && !renewed) {
        await boot.renew();
        renewed = true;
      }
      await pause(timing.healthPollMs);
    }
  };
}

function registeredOr(lines: readonly number[], options: UpdateOptions) {
  const registered = new Set(options.registeredLines());
  return lines.map((line) =>
    registered.has(line) ? ({ line, status: "registered" } as const) : options.lineHealth(line),
  );
}

function inState<N extends UpdateState["state"]>(
  state: UpdateState,
  name: N,
): Extract<UpdateState, { state: N }> {
  if (state.state !== name) throw new TypeError(`an effect of ${name} ran in ${state.state}`);
  return state as Extract<UpdateState, { state: N }>;
}
