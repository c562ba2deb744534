import { dirname } from "node:path";
import {
  isOutcome,
  outcomeFault,
  placeAmong,
  reportedTime,
  type ImageFacts,
  type UpdateEffect,
  type UpdateEvent,
  type UpdateIn,
  type UpdateRequest,
  type UpdateState,
} from "../../core/update/index.ts";
import { hashOf } from "./archive.ts";
import { fetchFacts, verifyImage, type ImageSource } from "./download.ts";
import { downloadImage } from "./fetch-image.ts";
import { imageFileIn } from "./image-file.ts";
import { judgeKept } from "./kept.ts";
import type { UpdateOptions, UpdateTiming } from "./options.ts";
import { createPace, type Pace } from "./pace.ts";
import { downloadMark, forgetFallback, saveFallback } from "./record.ts";
import { persist, Rejection, RetriesUsedUp } from "./rejection.ts";
import { createSources } from "./sources.ts";
import { createTrialWatch } from "./trial.ts";
import { createWaiting, type Job } from "./waiting.ts";

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

// A file that changes on its server is fetched anew this often.
const maximumRenewals = 3;
const margin = 1024 * 1024;

/**
 * The steps of an update, done to the real box.
 * @param signal ends them: the box stops, or the update is cancelled
 * @param live the request as it stands now
 * @param say shows what holds the update up
 * @param beyondCancel called when the order cannot be taken back any more
 */
export function createEffects(
  options: UpdateOptions,
  timing: UpdateTiming,
  signal: AbortSignal,
  live: () => UpdateRequest | undefined,
  say: (words: string) => void,
  beyondCancel: () => void,
): Effects {
  const { boot, disk, folder, now = () => new Date() } = options;
  const path = imageFileIn(folder);
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
  const waiting = createWaiting(options, timing, signal, live, say);
  const { until, clock, pause } = waiting;
  const sources = (job: Pick<UpdateIn<"checking">, "request" | "restarts">, image?: ImageFacts) => {
    const { url, username = "", password = "", mirrors = [] } = job.request;
    const known = username === "" && password === "" ? {} : { credentials: { username, password } };
    const others = [...new Set([...mirrors, ...(image?.mirrors ?? [])])].filter((other) => other !== url);
    const files = [{ url, ...known }, ...others.map((other) => ({ url: other }))];
    const transport = createSources(options.transport, files, image, image ? job.restarts : 0);
    return {
      count: files.length,
      transport,
      source: { transport, url, signal, ...known } satisfies ImageSource,
    };
  };
  // The image as its server and its publisher tell it.
  const offered = async (job: UpdateIn<"checking">) => {
    const { source, transport } = sources(job);
    const found = await fetchFacts(source, await target(), options.trustedKeys);
    const { current } = transport;
    // Asked where the image lies: what answers for any address would give the image for each of its files.
    const near = current === source.url ? source : { url: current, signal };
    const word = await options.release?.judge({
      ...found,
      source: { ...near, transport: options.transport },
    });
    const { fileSha256, mirrors } = word ?? {};
    const image = {
      ...found.image,
      ...(current !== job.request.url && { source: current }),
      ...(fileSha256 !== undefined && { fileSha256 }),
      ...(mirrors !== undefined && { mirrors: mirrors.slice(0, 8) }),
    };
    return { ...found, image };
  };
  /** Tries as often as the window allows; when that is used up, the next window may see it done. */
  const tryHard = async <T>(
    job: Job,
    operation: (progress: (bytes: number) => void) => Promise<T>,
  ): Promise<T | "postponed"> => {
    try {
      return await persist(operation, waiting.retryPlan(job), pause, say);
    } catch (error) {
      const place = placeAmong(job.request.windows, now().toISOString());
      const more = place.place === "inside" && job.request.windows?.at(-1) !== place.window;
      if (error instanceof RetriesUsedUp && more) return "postponed";
      throw error;
    }
  };
  const paceOf = (job: UpdateIn<"downloading">): Pace =>
    createPace({
      rate: () => {
        const idle = options.idle();
        const ours = /^file:/i.test(job.request.url);
        if (idle.idle || !idle.call || ours) return { rate: null, why: "" };
        return { rate: options.callBandwidth?.() ?? 0, why: idle.why };
      },
      open: async () => await until("continue", job),
      shut: () => !waiting.may("continue", job),
      sleep: waiting.watch,
      signal,
      pollMs: timing.quietPollMs,
      say,
    });
  const anew = async (
    state: UpdateIn<"downloading" | "verifying">,
    why: "renewed" | "damaged",
  ): Promise<UpdateEvent> => {
    await disk.remove(path);
    // Damaged bytes may be one mirror's: each source gets its chance to bring them alone.
    const limit = why === "damaged" ? Math.max(1, sources(state, state.image).count - 1) : maximumRenewals;
    if (state.restarts < limit) return { event: "renewed" };
    const words =
      why === "damaged"
        ? "the image's bytes do not fit its signed header"
        : "the file keeps changing on its server";
    throw new Rejection("IMAGE_CORRUPTED", words, state.image.version);
  };
  const look = createTrialWatch(options, timing, waiting, signal, say);

  const steps: Effects["do"] = {
    async "fetch-header"(state) {
      const job = inState(state, "checking");
      await prepare();
      await disk.remove(path);
      await until("continue", job);
      await clock(job);
      const found = await tryHard(job, async () => await offered(job));
      if (found === "postponed") return { event: "postponed" };
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
      await until("fetch", inState(state, "waiting"));
      return { event: "quiet" };
    },
    async download(state) {
      const job = inState(state, "downloading");
      await prepare();
      await clock(job);
      const mark = downloadMark(options.store, job.request.id, job.restarts);
      const { source } = sources(job, job.image);
      const common = { disk, path, image: job.image, mark, pace: paceOf(job) };
      const end = await tryHard(job, async (progress) => {
        const transport = await options.supply?.prepare({ source, image: job.image });
        return await downloadImage({
          ...common,
          source: { ...source, ...(transport && { transport }) },
          progress,
        });
      });
      if (end === "postponed") return { event: "postponed" };
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
      forgetFallback(options.store);
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
      await judgeKept(options, job, waiting, signal, say);
      await until("activate", job);
      // From here on the other slot is as good as chosen: the order cannot be taken back.
      beyondCancel();
      const lines = options.registeredLines();
      await boot.activate(job.request.id);
      return { event: "activated", lines };
    },
    async try(state) {
      const job = inState(state, "trial");
      if (boot.running.slot !== job.home) return await look(job);
      await until("restart", job);
      options.restart();
      return "restarting";
    },
    async confirm(state) {
      const { request, from, image } = inState(state, "committing");
      const { securityFloor } = await boot.record();
      saveFallback(options.store, { update: request.id, version: from, securityFloor });
      await boot.confirm(image.securityFloor);
      return { event: "confirmed", at: now().toISOString() };
    },
    async abandon(state) {
      const job = inState(state, "rolling-back");
      await boot.giveUp(job.reason);
      await until("restart", { ...job, request: { ...job.request, force: true, deadline: null } });
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
  return { do: steps, poke: waiting.poke, discard, pause };
}

function inState<N extends UpdateState["state"]>(
  state: UpdateState,
  name: N,
): Extract<UpdateState, { state: N }> {
  if (state.state !== name) throw new TypeError(`an effect of ${name} ran in ${state.state}`);
  return state as Extract<UpdateState, { state: N }>;
}
