import { Text, Tooltip } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { useFormat } from "../language/format.ts";

let now = Date.now();
const watchers = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

// One clock for every "3 minutes ago" on the page.
function subscribe(watcher: () => void): () => void {
  watchers.add(watcher);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const one of watchers) one();
  }, 5000);
  return () => {
    watchers.delete(watcher);
    if (watchers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** A moment, as people write it. */
export function Time({ at }: { at: string | null }) {
  const format = useFormat();
  if (at === null)
    return (
      <Text component="span" size="sm" c="dimmed">
        –
      </Text>
    );
  return (
    <time dateTime={at} className="figure nowrap" title={format.preciseTime(at)}>
      {format.time(at)}
    </time>
  );
}

/** How long ago a moment is; the moment itself when pointed at. */
export function Ago({ at }: { at: string | null }) {
  const format = useFormat();
  const current = useSyncExternalStore(subscribe, () => now);
  if (at === null)
    return (
      <Text component="span" size="sm" c="dimmed">
        –
      </Text>
    );
  return (
    <Tooltip label={format.time(at)}>
      <time dateTime={at} className="nowrap">
        {format.ago(at, Math.max(current, Date.parse(at)))}
      </time>
    </Tooltip>
  );
}
