import { type Cut, judgeCut, liveThroughCut } from "@tonalite/agent/cwmp-faults";

/** Lives that wait for sockets at the same time. */
const atOnce = 4;

/**
 * Cuts one CWMP session at every byte, in both directions, and sees whether an event is lost or told too often afterwards.
 * @param cuts at most so many, spread evenly over the session
 */
export async function cwmpFaults({ cuts, json }: { cuts: number; json: boolean }): Promise<boolean> {
  const started = performance.now();
  const whole = await liveThroughCut();
  const every: Cut[] = (["up", "down"] as const).flatMap((direction) =>
    Array.from({ length: whole.length[direction] - 1 }, (_, index) => ({ direction, byte: index + 1 })),
  );
  const step = Math.max(1, every.length / cuts);
  const chosen = every.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
  const failures: string[] = [];
  let retried = 0;
  let next = 0;
  const work = async (): Promise<void> => {
    for (let cut = chosen[next++]; cut !== undefined; cut = chosen[next++]) {
      const life = await liveThroughCut(cut);
      if (life.retries.includes(1)) retried += 1;
      const { byte, direction } = cut;
      failures.push(...judgeCut(cut, life, whole).map((what) => `cut ${direction} at byte ${byte}: ${what}`));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const seconds = Math.round((performance.now() - started) / 1000);
  const { up, down } = whole.length;
  if (json)
    console.log(JSON.stringify({ cuts: chosen.length, bytes: { up, down }, retried, failures, seconds }));
  else {
    console.log(`a session of ${up} bytes up and ${down} down, cut ${chosen.length} times, ${seconds} s`);
    console.log(`${retried} sessions were retried, ${failures.length} failures`);
    for (const failure of failures.slice(0, 50)) console.log(failure);
  }
  return failures.length === 0;
}
