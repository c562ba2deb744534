import {
  accepts,
  bootEvent,
  bootImage,
  entryEffects,
  imageViews,
  isOutcome,
  placeAmong,
  step,
  type BootState,
  type ImageView,
  type SlotName,
  type UpdateEffect,
  type UpdateEvent,
  type UpdateRequest,
  type UpdateState,
} from "../../core/update/index.ts";
import { createEffects, type EffectResult, type Effects } from "./effects.ts";
import { updateTiming, type UpdateOptions, type UpdateView } from "./options.ts";
import {
  parseOrder,
  type ActivationOrder,
  type CancelAnswer,
  type OrderAnswer,
  type RecallOrder,
  type UpdateOrder,
} from "./order.ts";
import { loadFallback, loadUpdate, saveUpdate } from "./record.ts";
import { classify, Rejection, TemporaryFailure } from "./rejection.ts";
import { viewOf } from "./view.ts";

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
  const timing = { ...updateTiming, ...options.timing };
  const now = (): string => (options.now?.() ?? new Date()).toISOString();
  const stopping = new AbortController();
  let state = loadUpdate(options.store, options.log);
  let hold = "";
  let running: Promise<void> = Promise.resolve();

  const announce = (): void => options.onState(viewOf(state, hold));
  const live = (): UpdateRequest | undefined => (state.state === "idle" ? undefined : state.request);
  /** Counts the interventions: what an effect comes to afterwards is not asked for any more. */
  let turn = 0;
  let interrupt = new AbortController();
  let cancellable = true;
  const build = (): Effects => {
    interrupt = new AbortController();
    cancellable = true;
    const mine = turn;
    const signal = AbortSignal.any([stopping.signal, interrupt.signal]);
    const say = (words: string): void => {
      if (words === hold || mine !== turn) return;
      hold = words;
      announce();
    };
    const beyondCancel = (): void => {
      signal.throwIfAborted();
      cancellable = false;
    };
    return createEffects(options, timing, signal, live, say, beyondCancel);
  };
  let effects = build();
  /** Changes the state under the effect at work, which then ends for nothing. */
  const intervene = (event: UpdateEvent): void => {
    take(event);
    turn += 1;
    interrupt.abort(new Error(`the update was ${event.event}`));
    effects = build();
    start();
  };

  const take = (event: UpdateEvent): void => {
    const next = step(state, event);
    saveUpdate(options.store, next);
    const entered = next.state !== state.state;
    state = next;
    hold = "";
    if (entered) note();
    announce();
  };
  const note = (): void => {
    const view = viewOf(state, "");
    const { clause, commandKey, version, reason } = view;
    options.log.info({ state: state.state, version, commandKey, reason }, "update");
    if (state.state === "idle") return;
    options.journal.append("update", {
      version: version.slice(0, 64),
      from: state.from.slice(0, 64),
      state: state.state,
      reason: reason.slice(0, 512),
      clause: clause === "" ? null : clause,
      commandKey: commandKey === "" ? null : commandKey,
    });
  };

  const drive = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const effect = entryEffects[state.state];
      if (effect === null || (isOutcome(state) && state.reported)) return;
      const mine = turn;
      const result = await attempt(effect);
      if (stopping.signal.aborted) return;
      if (mine !== turn) continue;
      if (result === "restarting") return;
      if (result !== "again") await record(result);
    }
  };
  // A store that cannot be written leaves the state as it was: its effect runs again.
  const record = async (event: UpdateEvent): Promise<void> => {
    try {
      take(event);
    } catch (error) {
      options.log.error({ event: event.event, reason: String(error) }, "an update step cannot be recorded");
      await effects.pause(timing.repairMs);
    }
  };
  const attempt = async (effect: UpdateEffect): Promise<EffectResult> => {
    const mine = turn;
    try {
      return await effects.do[effect](state);
    } catch (error) {
      return mine === turn ? await failed(effect, error) : "again";
    }
  };
  // A refusal ends the update where it may still end; later, and for a sick disk, the step is tried again: the
  // boot loader's watchdog is what ends a trial that cannot go on.
  const failed = async (effect: string, thrown: unknown): Promise<EffectResult> => {
    if (stopping.signal.aborted) return "restarting";
    const error = classify(thrown);
    const reason = error instanceof Error ? error.message : String(error);
    if (accepts(state, "refused")) {
      const known = error instanceof Rejection || error instanceof TemporaryFailure;
      const version =
        "image" in state ? state.image.version : error instanceof Rejection ? error.version : null;
      options.log.warn({ effect, reason }, "update refused");
      if (known && error.code === "NO_SPACE") await discard();
      return {
        event: "refused",
        code: known ? error.code : "INSTALL_FAILED",
        reason,
        version,
        at: now(),
      };
    }
    options.log.error({ effect, reason }, "an update step failed and is tried again");
    await effects.pause(timing.repairMs);
    return "again";
  };
  const discard = async (): Promise<void> => {
    try {
      await effects.discard();
    } catch (error) {
      options.log.error({ reason: String(error) }, "the image's room cannot be given back");
    }
  };
  const start = (): void => {
    running = running.then(drive);
  };
  const isOnTrial = (version: string): boolean => state.state === "trial" && state.image.version === version;
  const isOnTrialHere = (version: string): boolean =>
    isOnTrial(version) && state.state === "trial" && state.home !== options.boot.running.slot;

  // The image that the boot loader last left.
  let left: BootState["failed"] = null;
  const settle = async (): Promise<void> => {
    const surprise = await options.boot.settle();
    if (surprise !== undefined) options.journal.append("system", { what: "fault", detail: surprise });
    const { failed } = await options.boot.record();
    left = failed;
    const event = bootEvent(state, { ...options.boot.running, failed, at: now() });
    if (event) return take(event);
    if (entryEffects[state.state] !== null && !isOutcome(state))
      options.log.info({ state: state.state }, "update goes on");
    announce();
  };
  let settled: Promise<void> | undefined;

  const takeIn = (name: "requested" | "chosen", request: UpdateRequest): OrderAnswer => {
    if (isSame(state, request)) return { accepted: true };
    if (!accepts(state, name)) {
      return { accepted: false, fault: { code: 9001, string: busy(state) } };
    }
    const common = { request, home: options.boot.running.slot, lines: options.registeredLines(), at: now() };
    take(name === "chosen" ? { event: name, ...common } : { event: name, ...common, from: options.version });
    start();
    return { accepted: true };
  };

  return {
    request(order) {
      const request = parseOrder(order);
      if ("fault" in request) return { accepted: false, fault: request.fault };
      return takeIn("requested", request);
    },
    activate(order) {
      if (state.state !== "available") {
        const again =
          "request" in state && state.request.commandKey === order.commandKey && !isOutcome(state);
        if (again) return { accepted: true };
        return { accepted: false, fault: { code: 9001, string: busy(state) } };
      }
      const { url, username, password } = state.request;
      const known = {
        ...(username !== undefined && { username }),
        ...(password !== undefined && { password }),
      };
      const request = parseOrder({ ...known, ...order, url });
      if ("fault" in request) return { accepted: false, fault: request.fault };
      return takeIn("chosen", request);
    },
    cancel(commandKey) {
      if (state.state === "idle" || isOutcome(state) || state.request.commandKey !== commandKey)
        return { accepted: false, fault: { code: 9001, string: "no update has this command key" } };
      if (!cancellable || !accepts(state, "cancelled"))
        return { accepted: false, fault: { code: 9021, string: `the update is too far on: ${state.state}` } };
      intervene({ event: "cancelled", at: now() });
      return { accepted: true };
    },
    get asks() {
      return asksForAgreement(state, now());
    },
    agree() {
      if (!asksForAgreement(state, now())) return false;
      take({ event: "agreed" });
      effects.poke();
      return true;
    },
    confirm(version) {
      if (!isOnTrialHere(version))
        return { accepted: false, fault: { code: 9001, string: `version ${version} is not on trial here` } };
      intervene({ event: "healthy" });
      return { accepted: true };
    },
    recall({ version, why, ...order }) {
      const recall = `version ${version} was recalled${why === "" ? "" : `: ${why}`}`.slice(0, 256);
      if (isOnTrial(version)) {
        intervene({ event: "unhealthy", reason: recall });
        return { accepted: true };
      }
      const refuse = (string: string): OrderAnswer => ({ accepted: false, fault: { code: 9001, string } });
      if (!accepts(state, "recalled")) return refuse(busy(state));
      if (version !== options.version) return refuse(`version ${version} does not run here`);
      const fallback = loadFallback(options.store);
      if (!fallback) return refuse("the other slot holds no image that is known to have worked");
      const request = parseOrder({ ...order, url: "http://slot.invalid/" });
      if ("fault" in request) return { accepted: false, fault: request.fault };
      const image = { version: fallback.version, securityFloor: fallback.securityFloor };
      const common = { from: options.version, home: options.boot.running.slot, at: now() };
      const lines = options.registeredLines();
      take({ event: "recalled", request: { ...request, recall }, image, lines, ...common });
      start();
      return { accepted: true };
    },
    settleAtBoot: async () => await (settled ??= settle()),
    async resumeAtBoot() {
      await (settled ??= settle());
      start();
    },
    poke: () => effects.poke(),
    async stop() {
      stopping.abort();
      await running;
      // A committed image that ends in order works: restarts in quick succession are no failed starts.
      await options.boot.steady().catch((error: unknown) => {
        options.log.error({ reason: String(error) }, "the boot loader cannot be told that this image works");
      });
    },
    get view() {
      return viewOf(state, hold);
    },
    images(held) {
      const { slot } = options.boot.running;
      const slots = imageViews(state, { slot, version: options.version }, held, left);
      return { slots, boot: bootImage(state, slot) };
    },
  };
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
