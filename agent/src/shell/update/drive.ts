import {
  accepts,
  entryEffects,
  isOutcome,
  step,
  type UpdateEffect,
  type UpdateEvent,
  type UpdateRequest,
  type UpdateState,
} from "../../core/update/index.ts";
import { createEffects, type EffectResult, type Effects } from "./effects.ts";
import { updateTiming, type UpdateOptions, type UpdateView } from "./options.ts";
import { loadUpdate, saveUpdate } from "./record.ts";
import { classify, Rejection, TemporaryFailure } from "./rejection.ts";
import { viewOf } from "./view.ts";

/** The update machine at work: one state, durable before its effect begins, and that effect's outcome as the next event. */
export interface UpdateDrive {
  readonly state: UpdateState;
  readonly view: UpdateView;
  /** False once the effect at work has made something that cannot be taken back. */
  readonly cancellable: boolean;
  /** Goes to the next state; durable when it returns. @throws Error when the store cannot be written */
  take(event: UpdateEvent): void;
  /** The same under an effect at work, which then ends for nothing. */
  intervene(event: UpdateEvent): void;
  /** Does what the state asks for, until nothing is left to do. */
  start(): void;
  /** What is waited for may have come: look now. */
  poke(): void;
  announce(): void;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

/** @param now UTC, as TR-069 writes times */
export function createDrive(options: UpdateOptions, now: () => string): UpdateDrive {
  const timing = { ...updateTiming, ...options.timing };
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

  return {
    get state() {
      return state;
    },
    get view() {
      return viewOf(state, hold);
    },
    get cancellable() {
      return cancellable;
    },
    take,
    intervene,
    start,
    poke: () => effects.poke(),
    announce,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
