import type { AlarmCondition } from "../../core/alarms/index.ts";
import type { DataModel } from "../../core/data-model/index.ts";
import type { VoiceEngine } from "../../core/ports.ts";
import { isClockSet } from "../../core/update/index.ts";
import { diskRoom } from "../device/index.ts";

const clientStatus = /^Device\.Services\.VoiceService\.1\.SIP\.Client\.(\d+)\.Status$/;
const update = "Device.X_TONALITE_Update.";
const ports = "Device.Services.VoiceService.1.POTS.FXS.";
/** A line that is back sooner was not worth a word: registrations are lost and found at every restart of a router. */
const linePatienceMs = 30_000;
const lookMs = 60_000;
/** A crash, or a fault of the engine, is old news after so long without another. */
const calmMs = 300_000;
/** The store needs room for records of calls and the parts of an update. */
const leastFreeKib = 2048;
const leastFreeShare = 0.05;

export type WatchOptions = {
  model: DataModel;
  engine: Pick<VoiceEngine, "onEvent">;
  /** Folder that keeps the box's memory. */
  state: string;
  /** How the last run ended, when it was not in order. */
  crash: string | null;
  tell: (condition: AlarmCondition) => void;
  now?: () => Date;
};

/** Turns what the box knows of itself into conditions. Returns how to end that. */
export function watchConditions({
  model,
  engine,
  state,
  crash,
  tell,
  now = () => new Date(),
}: WatchOptions): () => void {
  const timers = new Set<NodeJS.Timeout>();
  const lines = new Map<string, NodeJS.Timeout>();

  function watchLine(line: string, status: string): void {
    const object = `Device.Services.VoiceService.1.CallControl.Line.${line}`;
    const waiting = lines.get(line);
    if (status === "Up" || status === "Disabled") {
      clearTimeout(waiting);
      lines.delete(line);
      tell({ holds: false, kind: "line-unregistered", object });
      return;
    }
    if (waiting !== undefined) return;
    const timer = setTimeout(() => {
      lines.delete(line);
      const text = model.value(`Device.Services.VoiceService.1.SIP.Client.${line}.Status`);
      if (text !== "Up" && text !== "Disabled")
        tell({ holds: true, kind: "line-unregistered", object, text: `SIP client: ${text}` });
    }, linePatienceMs);
    lines.set(line, timer);
  }

  function watchUpdate(updateState: string): void {
    const object = "Device.X_TONALITE_Update";
    const failed = updateState === "rejected" || updateState === "rolled-back";
    if (failed) {
      const text = `${updateState} ${model.value(`${update}Version`)}: ${model.value(`${update}Reason`)}`;
      tell({ holds: true, kind: "update-failed", object, text });
    } else if (updateState !== "idle") tell({ holds: false, kind: "update-failed", object });
  }

  function look(): void {
    const clock = "Device.Time";
    if (isClockSet(now())) tell({ holds: false, kind: "clock-unset", object: clock });
    else
      tell({
        holds: true,
        kind: "clock-unset",
        object: clock,
        text: "certificates cannot be checked by date",
      });
    const room = diskRoom(state);
    const object = "Device.DeviceInfo.MemoryStatus";
    const full = room !== null && (room.free < leastFreeKib || room.free < room.total * leastFreeShare);
    if (full) tell({ holds: true, kind: "disk-full", object, text: "the store takes no more soon" });
    else tell({ holds: false, kind: "disk-full", object });
  }

  let calm: NodeJS.Timeout | undefined;
  let watching = true;
  engine.onEvent((event) => {
    if (!watching) return;
    if (event.event === "port") {
      const object = `${ports}${event.line + 1}`;
      if (event.usable) tell({ holds: false, kind: "port-lost", object });
      else tell({ holds: true, kind: "port-lost", object, text: event.reason });
    }
    if (event.event !== "fault") return;
    const about = { kind: "voice-engine", object: "Device.Services.VoiceService.1" } as const;
    tell({ holds: true, ...about, text: event.message });
    clearTimeout(calm);
    calm = setTimeout(() => tell({ holds: false, ...about }), calmMs);
  });
  const unsubscribe = model.subscribe(({ path, value }) => {
    const line = clientStatus.exec(path)?.[1];
    if (line !== undefined) watchLine(line, value);
    // The reason is published beside the state: once both are in.
    if (path === `${update}State`) queueMicrotask(() => watchUpdate(value));
  });
  for (const line of model.instances("Device.Services.VoiceService.1.SIP.Client."))
    watchLine(String(line), model.value(`Device.Services.VoiceService.1.SIP.Client.${line}.Status`));
  // An engine that started has its ports; what an earlier one lost is over.
  for (const port of model.instances(ports))
    tell({ holds: false, kind: "port-lost", object: `${ports}${port}` });
  watchUpdate(model.value(`${update}State`));
  const crashed = { kind: "crashed", object: "Device.DeviceInfo" } as const;
  if (crash !== null) tell({ holds: true, ...crashed, text: crash });
  timers.add(setTimeout(() => tell({ holds: false, ...crashed }), calmMs));
  look();
  const every = setInterval(look, lookMs);
  return () => {
    unsubscribe();
    watching = false;
    clearTimeout(calm);
    clearInterval(every);
    for (const timer of [...timers, ...lines.values()]) clearTimeout(timer);
  };
}
