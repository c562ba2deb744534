import { type AttributeTable, type CpeEvent, periodicWait } from "../../core/cwmp/index.ts";
import type { Change, DataModel, ModelView } from "../../core/data-model/index.ts";
import type { CwmpClock } from "./clock.ts";
import { connectionRequestUrlPath, type managementSettings, settingName } from "./settings.ts";

export type TriggerOptions = {
  model: DataModel;
  /** The tree as the ACS sees it: its changes are told. */
  view: ModelView;
  attributes: AttributeTable;
  settings: ReturnType<typeof managementSettings>;
  clock: CwmpClock;
  random: () => number;
  dispatch: (event: CpeEvent) => void;
  /** When the last session ended, in milliseconds since the epoch. */
  lastSession: () => number;
};

/** Whatever the root of the view is. */
const connectionRequestUrl = connectionRequestUrlPath.slice("Device".length);
/** Changes that come together, as at a registration, are told together. */
const gathering = 200;
const longestTimer = 0x7fff_ffff;

/**
 * Turns changes of the data model and the passing of time into events of the session machine: value changes
 * (notification active or passive), the periodic inform, another ACS. Returns how to end that.
 */
export function watchModel({
  attributes,
  clock,
  dispatch,
  lastSession,
  model,
  random,
  settings,
  view,
}: TriggerOptions): () => void {
  let cancelPeriodic = (): void => {};
  let cancelGathering: (() => void) | undefined;

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
    if (origin === "cwmp" || path.endsWith(connectionRequestUrl)) return;
    const notification = attributes.notification(path);
    if (notification === 0) return;
    dispatch({ event: "changed", path, active: false, ...(keeps(path) ? { lasting: true } : {}) });
    if (notification === 1) return;
    const throttle = Math.min(settings.throttle(), longestTimer);
    // Never longer than it was set to, whatever becomes of the clock.
    const quiet = Math.min(lastSession() + throttle - clock.now(), throttle);
    cancelGathering ??= clock.after(Math.max(gathering, quiet), () => {
      cancelGathering = undefined;
      dispatch({ event: "changes-due" });
    });
  }

  /** Whether the value itself goes to the store, and the news of it therefore too. */
  function keeps(path: string): boolean {
    const declaration = view.declaration(path);
    return declaration?.persist ?? declaration?.access === "readWrite";
  }

  const unsubscribe = model.subscribe((change) => {
    const setting = settingName(change.path);
    if (setting === "URL") dispatch({ event: "acs-changed", url: change.value });
    else if (setting === "EnableCWMP") dispatch({ event: "enabled", enabled: settings.enabled() });
    else if (setting?.startsWith("PeriodicInform") === true) schedulePeriodic();
  });
  const unsubscribeView = view.subscribe(notice);
  schedulePeriodic();
  return () => {
    unsubscribe();
    unsubscribeView();
    cancelPeriodic();
    cancelGathering?.();
  };
}
