import type { ServerEvent } from "@tonalite/acs/api";
import { useQueryClient, type QueryClient, type QueryKey } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Client } from "./client.ts";
import { readEvents } from "./event-reader.ts";

export type LiveState = "connecting" | "live" | "lost";

const gatherMs = 150;
const pauses = [500, 1000, 2000, 5000, 10_000];
// The ACS says something at least every 15 s; longer silence is a dead connection that nobody closed.
const silenceMs = 40_000;

/** Keeps what is on the screen fresh: every event of the ACS makes the queries it concerns read again. */
export function useLiveUpdates(client: Client): LiveState {
  const queries = useQueryClient();
  const [state, setState] = useState<LiveState>("connecting");
  useEffect(() => {
    const abort = new AbortController();
    void follow(client, queries, setState, abort.signal);
    return () => abort.abort();
  }, [client, queries]);
  return state;
}

async function follow(
  client: Client,
  queries: QueryClient,
  setState: (state: LiveState) => void,
  signal: AbortSignal,
): Promise<void> {
  const refresher = createRefresher(queries);
  for (let failures = 0; !signal.aborted; failures++) {
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    signal.addEventListener("abort", stop);
    try {
      const stream = await client.stream(attempt.signal);
      setState("live");
      // Whatever happened while nobody listened is read now.
      if (failures > 0) await queries.invalidateQueries();
      failures = 0;
      for await (const event of readEvents(stream.pipeThrough(watchSilence(stop)))) refresher(event);
    } catch {
      // Refused, unreachable or cut: tried again below; a refused token ends the session elsewhere.
    } finally {
      signal.removeEventListener("abort", stop);
    }
    if (signal.aborted) return;
    setState("lost");
    await new Promise((resolve) => setTimeout(resolve, pauses[Math.min(failures, pauses.length - 1)]));
  }
}

function watchSilence(onSilence: () => void): TransformStream<string, string> {
  let timer = setTimeout(onSilence, silenceMs);
  return new TransformStream({
    transform(chunk, controller) {
      clearTimeout(timer);
      timer = setTimeout(onSilence, silenceMs);
      controller.enqueue(chunk);
    },
    flush: () => clearTimeout(timer),
  });
}

/** Events come in bursts: the queries they concern are read again together. */
function createRefresher(queries: QueryClient): (event: ServerEvent) => void {
  const waiting = new Map<string, QueryKey>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (event) => {
    for (const key of keysOf(event)) waiting.set(JSON.stringify(key), key);
    timer ??= setTimeout(() => {
      timer = undefined;
      for (const queryKey of waiting.values()) void queries.invalidateQueries({ queryKey });
      waiting.clear();
    }, gatherMs);
  };
}

type Keys = (device: QueryKey) => QueryKey[];
const state: Keys = (device) => [["devices"], [...device, "detail"]];
const keysByType: Record<ServerEvent["type"], Keys> = {
  device: state,
  line: state,
  registration: (device) => [...state(device), [...device, "registrations"]],
  call: (device) => [[...device, "calls"], ["calls"]],
  journal: (device) => [[...device, "journal"]],
  update: (device) => [...state(device), [...device, "updates"], ["campaigns"]],
  command: (device) => [
    [...device, "commands"],
    [...device, "parameters"],
    [...device, "updates"],
  ],
};

const keysOf = (event: ServerEvent): QueryKey[] => keysByType[event.type](["device", event.deviceId]);
