import type { Tone, VoiceEngine } from "../../core/ports.ts";

const beatMs = 2000;
/** Longer than anything the agent does in one go; shorter than a subscriber's patience with a dead handset. */
const patienceSeconds = 10;

/**
 * Tells the engine now and then that the agent lives: of an agent that hangs the subscriber shall notice a tone, not silence.
 * @param tone what a lifted handset hears then; asked for at each beat, since the region may change.
 * @returns stops it.
 */
export function giveSignsOfLife(engine: Pick<VoiceEngine, "watch">, tone: () => Tone): () => void {
  const beat = (): void => engine.watch(patienceSeconds, tone());
  beat();
  const timer = setInterval(beat, beatMs);
  return () => {
    clearInterval(timer);
    engine.watch(0, null);
  };
}
