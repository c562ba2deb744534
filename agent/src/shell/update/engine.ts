import {
  accepts,
  bootEvent,
  bootImage,
  entryEffects,
  imageViews,
  isOutcome,
  placeAmong,
  type BootState,
  type ImageView,
  type SlotName,
  type UpdateRequest,
  type UpdateState,
} from "../../core/update/index.ts";
import { createDrive } from "./drive.ts";
import type { UpdateOptions, UpdateView } from "./options.ts";
import {
  parseKept,
  parseOrder,
  type ActivationOrder,
  type CancelAnswer,
  type OrderAnswer,
  type RecallOrder,
  type UpdateOrder,
} from "./order.ts";
import { loadFallback } from "./record.ts";

/** Carries out one update at a time; every state is durable before its effect begins. */
export interface UpdateEngine {
  /** Takes an order; durable when it returns `accepted`. The same order again while it is under way is taken once. */
  request(order: UpdateOrder): OrderAnswer;
  /** Starts the image that was installed without being activated; durable when it returns `accepted`. */
  activate(order: ActivationOrder): OrderAnswer;
  /** Takes an order back, durable when it returns `accepted`; not once the new image is chosen for the next start. */
  cancel(commandKey: string): CancelAnswer;
  /** The subscriber agrees to an update that waits for that. False when none does. */
  agree(): boolean;
  /** Whether an update waits for the subscriber's word. */
  readonly asks: boolean;
  /** The management's word on the version that is on trial: it stays, whatever is still missing. */
  confirm(version: string): OrderAnswer;
  /** Ends the trial of a version, or goes back from one that is committed; durable when it returns `accepted`. */
  recall(order: RecallOrder): OrderAnswer;
  /** Once, at start: goes on with what a restart or a power cut interrupted. */
  resumeAtBoot(): Promise<void>;
  /** The first half of it: takes in what the boot loader did and shows it; nothing is done yet. */
  settleAtBoot(): Promise<void>;
  /** The line may have become quiet, or a line registered: look now instead of at the next poll. */
  poke(): void;
  /** Stops work and resolves when nothing is under way any more; the update itself goes on at the next start. */
  stop(): Promise<void>;
  readonly view: UpdateView;
  /** Both slots as TR-181 shows them, and the one that starts next. `held`: the version in the slot that does not run. */
  images(held: string | undefined): { slots: Record<SlotName, ImageView>; boot: SlotName };
}

/** Builds the engine; nothing happens before {@link UpdateEngine.resumeAtBoot}. */
export function createUpdateEngine(options: UpdateOptions): UpdateEngine {
  const now = (): string => (options.now?.() ?? new Date()).toISOString();
  const drive = createDrive(options, now);

  // The image that the boot loader last left.
  let left: BootState["failed"] = null;
  const settle = async (): Promise<void> => {
    const surprise = await options.boot.settle();
    if (surprise !== undefined) options.journal.append("system", { what: "fault", detail: surprise });
    const { failed } = await options.boot.record();
    left = failed;
    const { state } = drive;
    const event = bootEvent(state, { ...options.boot.running, failed, at: now() });
    if (event) return drive.take(event);
    if (entryEffects[state.state] !== null && !isOutcome(state))
      options.log.info({ state: state.state }, "update goes on");
    drive.announce();
  };
  let settled: Promise<void> | undefined;

  const takeIn = (name: "requested" | "chosen", request: UpdateRequest): OrderAnswer => {
    const { state } = drive;
    if (isSame(state, request)) return { accepted: true };
    if (!accepts(state, name)) return refuse(busy(state));
    const common = { request, home: options.boot.running.slot, lines: options.registeredLines(), at: now() };
    drive.take(
      name === "chosen" ? { event: name, ...common } : { event: name, ...common, from: options.version },
    );
    drive.start();
    return { accepted: true };
  };

  return {
    request(order) {
      const request = parseOrder(order);
      if ("fault" in request) return { accepted: false, fault: request.fault };
      return takeIn("requested", request);
    },
    activate(order) {
      const { state } = drive;
      if (state.state !== "available") {
        const again =
          "request" in state && state.request.commandKey === order.commandKey && !isOutcome(state);
        if (again) return { accepted: true };
        return refuse(busy(state));
      }
      const { url, username, password } = state.request;
      const known = {
        ...(username !== undefined && { username }),
        ...(password !== undefined && { password }),
      };
      const request = parseKept({ ...known, ...order, url });
      if ("fault" in request) return { accepted: false, fault: request.fault };
      return takeIn("chosen", request);
    },
    cancel(commandKey) {
      const { state } = drive;
      if (state.state === "idle" || isOutcome(state) || state.request.commandKey !== commandKey)
        return refuse("no update has this command key");
      if (!drive.cancellable || !accepts(state, "cancelled"))
        return { accepted: false, fault: { code: 9021, string: `the update is too far on: ${state.state}` } };
      drive.intervene({ event: "cancelled", at: now() });
      return { accepted: true };
    },
    get asks() {
      return asksForAgreement(drive.state, now());
    },
    agree() {
      if (!asksForAgreement(drive.state, now())) return false;
      drive.take({ event: "agreed" });
      drive.poke();
      return true;
    },
    confirm(version) {
      const { state } = drive;
      if (!isOnTrial(state, version) || state.home === options.boot.running.slot)
        return refuse(`version ${version} is not on trial here`);
      drive.intervene({ event: "healthy" });
      return { accepted: true };
    },
    recall({ version, why, ...order }) {
      const recall = `version ${version} was recalled${why === "" ? "" : `: ${why}`}`.slice(0, 256);
      const { state } = drive;
      if (isOnTrial(state, version)) {
        drive.intervene({ event: "unhealthy", reason: recall });
        return { accepted: true };
      }
      if (!accepts(state, "recalled")) return refuse(busy(state));
      if (version !== options.version) return refuse(`version ${version} does not run here`);
      const fallback = loadFallback(options.store);
      if (!fallback) return refuse("the other slot holds no image that is known to have worked");
      const request = parseKept({ ...order, url: "http://slot.invalid/" });
      if ("fault" in request) return { accepted: false, fault: request.fault };
      const image = { version: fallback.version, securityFloor: fallback.securityFloor };
      const common = { from: options.version, home: options.boot.running.slot, at: now() };
      const lines = options.registeredLines();
      drive.take({ event: "recalled", request: { ...request, recall }, image, lines, ...common });
      drive.start();
      return { accepted: true };
    },
    settleAtBoot: async () => await (settled ??= settle()),
    async resumeAtBoot() {
      await (settled ??= settle());
      drive.start();
    },
    poke: () => drive.poke(),
    async stop() {
      await drive.stop();
      // A committed image that ends in order works: restarts in quick succession are no failed starts.
      await options.boot.steady().catch((error: unknown) => {
        options.log.error({ reason: String(error) }, "the boot loader cannot be told that this image works");
      });
    },
    get view() {
      return drive.view;
    },
    images(held) {
      const { slot } = options.boot.running;
      const slots = imageViews(drive.state, { slot, version: options.version }, held, left);
      return { slots, boot: bootImage(drive.state, slot) };
    },
  };
}

function refuse(string: string): { accepted: false; fault: { code: 9001; string: string } } {
  return { accepted: false, fault: { code: 9001, string } };
}

function isOnTrial(state: UpdateState, version: string): state is Extract<UpdateState, { state: "trial" }> {
  return state.state === "trial" && state.image.version === version;
}

function busy(state: UpdateState): string {
  const over = state.state === "idle" || (isOutcome(state) && state.reported);
  return over ? "no installed image waits to be activated" : `an update is under way: ${state.state}`;
}

function asksForAgreement(state: UpdateState, at: string): boolean {
  if (!accepts(state, "agreed") || state.state === "idle" || state.request.confirmed === true) return false;
  const place = placeAmong(state.request.windows, at);
  return place.place === "inside" && place.window.mode === "confirmation";
}

function isSame(state: UpdateState, request: UpdateRequest): boolean {
  if (state.state === "idle" || isOutcome(state)) return false;
  return state.request.commandKey === request.commandKey && state.request.url === request.url;
}
