import type { RegionProfile } from "@tonalite/device-profiles";
import type { DataModel } from "../../core/data-model/index.ts";
import { termsPath } from "../../core/provisioning/index.ts";

const tone = "Device.Services.VoiceService.1.Tone.";

/**
 * Shows the tones of the region in force as TR-104 Tone.Description and Tone.Pattern; anew when the region changes.
 * @returns shows them anew after another change
 */
export function showTones(model: DataModel, region: () => RegionProfile): () => void {
  let shown: RegionProfile | undefined;
  function show(): void {
    const now = region();
    if (now === shown) return;
    shown = now;
    const tables = [`${tone}Description.`, `${tone}Pattern.`] as const;
    for (const table of tables) for (const row of model.instances(table)) model.removeInstance(table, row);
    let pattern = 0;
    for (const [index, [name, definition]] of Object.entries(now.tones).entries()) {
      const first = pattern + 1;
      const { lead, repeat, steps } = definition;
      for (const [number, { frequencies, level, ms }] of steps.entries()) {
        pattern += 1;
        const last = number === steps.length - 1;
        // What leads is not heard again.
        const next = last ? first + (lead?.steps ?? 0) : pattern + 1;
        const values: Record<string, string> = {
          ToneOn: String(frequencies.length > 0),
          Duration: String(ms),
          NextPattern: ms === 0 ? "" : `${tone}Pattern.${next}`,
        };
        for (const [position, frequency] of frequencies.entries()) {
          values[`Frequency${position + 1}`] = String(frequency);
          values[`Power${position + 1}`] = String(Math.round(level));
        }
        model.addInstance(`${tone}Pattern.`, pattern);
        model.provideObject(`${tone}Pattern.${pattern}.`, (parameter) => values[parameter]);
      }
      const values: Record<string, string> = {
        ToneName: name,
        TonePattern: `${tone}Pattern.${first}`,
        ToneRepetitions: String(repeat),
      };
      model.addInstance(`${tone}Description.`, index + 1);
      model.provideObject(`${tone}Description.${index + 1}.`, (parameter) => values[parameter]);
    }
  }
  model.subscribe(({ path }) => {
    // The terms are read again in the same turn; the tones after that.
    if (path === `${termsPath}Region`) setImmediate(() => setImmediate(show));
  });
  show();
  return show;
}
