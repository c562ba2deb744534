import { randomUUID } from "node:crypto";
import * as z from "zod";
import {
  accepts,
  bootEvent,
  bootImage,
  entryEffects,
  imageViews,
  isOutcome,
  stateWords,
  step,
  updateRequest,
  type ChecksumAlgorithm,
  type ImageView,
  type SlotName,
  type UpdateDoor,
  type UpdateEffect,
  type UpdateEvent,
  type UpdateRequest,
  type UpdateState,
} from "../../core/update/index.ts";
import { createEffects, type EffectResult } from "./effects.ts";
import { updateTiming, type UpdateOptions, type UpdateView } from "./options.ts";
import { loadUpdate, saveUpdate } from "./record.ts";
import { classify, Rejection, TemporaryFailure } from "./rejection.ts";

/** What is asked of the box: the Download RPC and the policy that goes with it. */
export type UpdateOrder = {
  url: string;
  commandKey: string;
  username?: string;
  password?: string;
  clause?: string;
  /** ISO, UTC; "" and TR-069's unknown time (year 1) mean none. */
  deadline?: string;
  force: boolean;
  /** CWMP when not given. Only the local door takes file: addresses. */
  door?: UpdateDoor;
  /** The USP command that asks, with its path. */
  command?: string;
  /** False: install, and wait to be activated. */
  activate?: boolean;
  /** Bytes of the whole file, and its hash in lower-case hexadecimal. */
  fileSize?: number;
  checksum?: { algorithm: ChecksumAlgorithm; value: string };
};

/** An order to start the image that was installed and kept. */
export type ActivationOrder = Omit<UpdateOrder, "url" | "activate" | "fileSize" | "checksum">;

/** CWMP fault codes (TR-069 table A.8): 9001 one is under way, 9003 not understood, 9013 not HTTP(S). */
export type OrderAnswer =
  | { accepted: true }
  | { accepted: false; fault: { code: 9001 | 9003 | 9013; string: string } };

/** Carries out one update at a time; every state is durable before its effect begins. */
export interface UpdateEngine {
  /** Takes an order; durable when it returns `accepted`. The same order again while it is under way is taken once. */
  request(order: UpdateOrder): OrderAnswer;
  /** Starts the image that was installed without being activated; durable when it returns `accepted`. */
  activate(order: ActivationOrder): OrderAnswer;
  /** Once, at start: goes on with what a restart or a power cut interrupted. */
  resumeAtBoot(): Promise<void>;
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
  const effects = createEffects(options, timing, stopping.signal, (words) => {
    if (words === hold) return;
    hold = words;
    announce();
  });

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
      const result = await attempt(effect);
      if (result === "restarting" || stopping.signal.aborted) return;
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
    try {
      return await effects.do[effect](state);
    } catch (error) {
      return await failed(effect, error);
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
      const request = parseOrder({ ...order, url: state.request.url });
      if ("fault" in request) return { accepted: false, fault: request.fault };
      return takeIn("chosen", request);
    },
    async resumeAtBoot() {
      const surprise = await options.boot.settle();
      if (surprise !== undefined) options.journal.append("system", { what: "fault", detail: surprise });
      const { failed } = await options.boot.record();
      const event = bootEvent(state, { ...options.boot.running, failed, at: now() });
      if (event) take(event);
      else announce();
      start();
    },
    poke: () => effects.poke(),
    async stop() {
      stopping.abort();
      await running;
    },
    get view() {
      return viewOf(state, hold);
    },
    images(held) {
      const { slot } = options.boot.running;
      const slots = imageViews(state, { slot, version: options.version }, held);
      return { slots, boot: bootImage(state, slot) };
    },
  };
}

function busy(state: UpdateState): string {
  const over = state.state === "idle" || (isOutcome(state) && state.reported);
  return over ? "no installed image waits to be activated" : `an update is under way: ${state.state}`;
}

function isSame(state: UpdateState, request: UpdateRequest): boolean {
  if (state.state === "idle" || isOutcome(state)) return false;
  return state.request.commandKey === request.commandKey && state.request.url === request.url;
}

type OrderFault = { fault: { code: 9003 | 9013; string: string } };

function parseOrder({ deadline, clause, ...order }: UpdateOrder): UpdateRequest | OrderFault {
  const known = order.door === "local" ? /^(?:https?:\/\/|file:\/\/\/)/i : /^https?:\/\//i;
  if (!known.test(order.url))
    return { fault: { code: 9013, string: "the image's address is not an HTTP or HTTPS URL" } };
  const none = deadline === undefined || deadline === "" || deadline.startsWith("0001-01-01T00:00:00");
  const request = {
    ...order,
    id: randomUUID(),
    clause: clause === "" ? null : (clause ?? null),
    deadline: none ? null : deadline,
  };
  const parsed = updateRequest.safeParse(request);
  if (parsed.success) return parsed.data;
  return { fault: { code: 9003, string: z.prettifyError(parsed.error).slice(0, 256) } };
}

function viewOf(state: UpdateState, hold: string): UpdateView {
  if (state.state === "idle")
    return {
      id: "",
      state: "idle",
      reason: "",
      clause: "",
      version: "",
      deadline: "",
      commandKey: "",
      command: "",
    };
  const { clause, deadline, commandKey } = state.request;
  const version = "image" in state ? state.image.version : "version" in state ? (state.version ?? "") : "";
  const reason = hold === "" ? stateWords(state) : hold;
  const command = isOutcome(state) && state.reported ? "" : (state.request.command ?? "");
  return {
    id: state.request.id,
    command,
    state: state.state,
    reason,
    clause: clause ?? "",
    version,
    deadline: deadline ?? "",
    commandKey,
  };
}
