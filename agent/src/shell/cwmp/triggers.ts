import { type AttributeTable, type CpeEvent, periodicWait } from "../../core/cwmp/index.ts";
import type { Change, DataModel } from "../../core/data-model/index.ts";
import type { CwmpClock } from "./clock.ts";
import { connectionRequestUrlPath, type managementSettings, settingName } from "./settings.ts";

export type TriggerOptions = {
  model: DataModel;
  attributes: AttributeTable;
  settings: ReturnType<typeof managementSettings>;
  clock: CwmpClock;
  random: () => number;
  dispatch: (event: CpeEvent) => void;
};

/** Changes that come together, as at a registration, are told together. */
const gathering = 200;

/**
 * Turns changes of the data model and the passing of time into events of the session machine: value changes
 * (notification active or passive), the periodic inform, another ACS. Returns how to end that.
 */
export function watchModel({
  attributes,
  clock,
  dispatch,
  model,
  random,
  settings,
}: TriggerOptions): () => void {
  let cancelPeriodic = (): void => {};
  let cancelGathering: (() => void) | undefined;
  const gathered = new Set<string>();

  function schedulePeriodic(): void {
    cancelPeriodic();
    const periodic = settings.periodic();
    if (periodic === undefined) return;
    const { interval, reference } = periodic;
    // The phase is random once; after that the series runs at the interval.
    const first = reference === undefined ? random() : 0;
    const tick = (wait: number): void => {
      cancelPeriodic = clock.after(wait, () => {
        tick(periodicWait(clock.now(), interval, reference, 0));
        dispatch({ event: "occurred", eventCode: "2 PERIODIC", commandKey: "" });
      });
    };
    tick(periodicWait(clock.now(), interval, reference, first));
  }

  function notice({ origin, path }: Change): void {
    // The ACS knows what it set itself (TR-069 A.3.2.4); this client sets its own URL just before an Inform carries it.
    if (origin === "cwmp" || path === connectionRequestUrlPath) return;
    const notification = attributes.notification(path);
    if (notification === 0) return;
    if (notification === 1) {
      dispatch({ event: "changed", path, active: false });
      return;
    }
    gathered.add(path);
    cancelGathering ??= clock.after(gathering, () => {
      cancelGathering = undefined;
      const paths = [...gathered];
      gathered.clear();
      for (const changed of paths)
        dispatch({ event: "changed", path: changed, active: changed === paths.at(-1) });
    });
  }

  const unsubscribe = model.subscribe((change) => {
    const setting = settingName(change.path);
    if (setting === "URL") dispatch({ event: "acs-changed", url: change.value });
    else if (setting === "EnableCWMP") dispatch({ event: "enabled", enabled: settings.enabled() });
    else if (setting?.startsWith("PeriodicInform") === true) schedulePeriodic();
    notice(change);
  });
  schedulePeriodic();
  return () => {
    unsubscribe();
    cancelPeriodic();
    cancelGathering?.();
  };
}
