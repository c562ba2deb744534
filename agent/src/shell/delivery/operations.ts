import * as z from "zod";
import type { KeyValueStore } from "../../core/ports.ts";
import { faultCode, type UspAgent } from "../../core/usp/index.ts";
import type { Log } from "../logging.ts";

const key = "usp.operations";
/** More ends than a box without controller can come to; the oldest go first. */
const maximum = 16;
/** After a refusal by the controller. */
const pauseMs = 30_000;

const operation = z.object({
  /** The same end told twice is one. */
  id: z.string(),
  command: z.string(),
  commandKey: z.string(),
  /** Null: it went well. */
  failure: z.string().nullable(),
  /** What a command that went well has to say. */
  output: z.record(z.string(), z.string()).optional(),
});
type Operation = z.infer<typeof operation>;

/** The ends of commands that were begun, kept until the controller has answered their OperationComplete (TR-369 §7.7). */
export type Operations = {
  /** Durable when it returns. */
  complete(end: Operation): void;
  stop(): void;
};

/** Delivers what an earlier run of the agent left, too: an update ends after a restart. */
export function deliverOperations(
  values: KeyValueStore,
  usp: Pick<UspAgent, "notify">,
  log: Log,
): Operations {
  const underWay = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const load = (): Operation[] => {
    const stored = z.array(operation).safeParse(values.get(key) ?? []);
    return stored.success ? stored.data : [];
  };

  async function deliver(end: Operation): Promise<void> {
    underWay.add(end.id);
    try {
      await usp.notify(notification(end));
      if (stopped) return;
      const left = load().filter(({ id }) => id !== end.id);
      values.set(key, left);
    } catch (error) {
      if (stopped) return;
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({ command: end.command, reason }, "usp: the end of a command was not taken");
      clearTimeout(timer);
      timer = setTimeout(wake, pauseMs);
    } finally {
      underWay.delete(end.id);
    }
  }

  function wake(): void {
    for (const end of load()) if (!underWay.has(end.id)) void deliver(end);
  }

  wake();
  return {
    complete(end) {
      const others = load().filter(({ id }) => id !== end.id);
      values.set(key, [...others, end].slice(-maximum));
      wake();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

function notification({ command, commandKey, failure, output = {} }: Operation) {
  const dot = command.lastIndexOf(".") + 1;
  const operComplete = { objPath: command.slice(0, dot), commandName: command.slice(dot), commandKey };
  const end =
    failure === null
      ? { reqOutputArgs: { outputArgs: output } }
      : { cmdFailure: { errCode: faultCode.commandFailure, errMsg: failure } };
  return {
    subscriptionId: "OperationComplete",
    sendResp: true,
    operComplete: { ...operComplete, ...end },
  };
}
