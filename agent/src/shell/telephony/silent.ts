import { linePaths, provisionLine, readTerms, type TermsSource } from "../../core/provisioning/index.ts";
import { EngineError } from "../../core/ports.ts";
import type { DataModel } from "../../core/data-model/index.ts";
import type { Store } from "../store/store.ts";
import type { Telephony } from "./contract.ts";

/** Registration entries that are looked through for each line's last one. */
const mostEntries = 64;

/**
 * The telephony of a box in safe mode: no engine, every line dead and shown so, terms as ever for whoever asks. The lines
 * that were registered last count as such for an update's trial: the image that mends the box must bring them back.
 */
export function silentTelephony({
  model,
  store,
  profiles,
}: {
  readonly model: DataModel;
  readonly store: Store;
  readonly profiles: TermsSource;
}): Telephony {
  const value = (path: string): string => model.value(path);
  const lines = Array.from({ length: profiles.hardware.line.ports }, (_, line) => line);
  let { terms } = readTerms(value, profiles);

  function show(): void {
    ({ terms } = readTerms(value, profiles));
    for (const line of lines) {
      const { callControl, client, port } = linePaths(line);
      const { provisioning } = provisionLine(line, value, terms, profiles.hardware.codecs);
      const wanted = provisioning !== "disabled";
      model.publish(`${port}Status`, value(`${port}Enable`) === "true" ? "Error" : "Disabled");
      model.publish(`${callControl}Status`, wanted ? "Error" : "Disabled");
      model.publish(`${client}Status`, wanted ? "Quiescent" : "Disabled");
    }
  }

  let scheduled = false;
  const unsubscribe = model.subscribe(({ origin }) => {
    if (origin === "device" || scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      show();
    });
  });
  show();

  return {
    use: () => ({ idle: true }),
    registeredLines: () => {
      const last = new Map<number, string>();
      for (const { data } of store.journal.latest("registration", mostEntries))
        if (!last.has(data.line)) last.set(data.line, data.status);
      return [...last].filter(([, status]) => status === "Up").map(([line]) => line);
    },
    report: (line) => {
      const { callControl, client } = linePaths(line);
      return {
        line: line + 1,
        state: { state: "on-hook" },
        offHook: false,
        registration: value(`${client}Status`),
        directoryNumber: value(`${callControl}DirectoryNumber`),
        lastDialDelayMs: null,
      };
    },
    terms: () => terms,
    bench: {
      take: () => "the box is in safe mode: it has no voice",
      offHook: () => {
        throw new EngineError("ENODEV", "the line");
      },
    },
    renewSounds: show,
    endCalls: async () => {},
    remind: () => {},
    onAgree: () => {},
    onChange: () => {},
    stop: unsubscribe,
  };
}
