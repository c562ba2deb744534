import { statfsSync } from "node:fs";
import { cpus, freemem, totalmem } from "node:os";
import type { DataModel } from "../../core/data-model/index.ts";

/** Room of a file system in KiB; null when it cannot be asked. */
export function diskRoom(folder: string): { total: number; free: number } | null {
  try {
    const { bavail, blocks, bsize } = statfsSync(folder);
    return { total: Math.floor((blocks * bsize) / 1024), free: Math.floor((bavail * bsize) / 1024) };
  } catch {
    return null;
  }
}

/** Provides memory, room on the disk and processor use (TR-181 MemoryStatus, ProcessStatus); asked for when read. */
export function provideSystemStatus(model: DataModel, state: string): void {
  const kib = (bytes: number): string => String(Math.floor(bytes / 1024));
  model.provideObject("Device.DeviceInfo.MemoryStatus.", (name) => {
    switch (name) {
      case "Total":
        return kib(totalmem());
      case "Free":
        return kib(freemem());
      case "TotalPersistent":
        return String(diskRoom(state)?.total ?? 0);
      case "FreePersistent":
        return String(diskRoom(state)?.free ?? 0);
    }
    return undefined;
  });
  const usage = processorUse();
  model.provide("Device.DeviceInfo.ProcessStatus.CPUUsage", () => String(usage()));
}

/** Percent of all processors since the last question, at first since the start of the system. */
function processorUse(): () => number {
  let last = { busy: 0, all: 0 };
  let percent = 0;
  return () => {
    const now = { busy: 0, all: 0 };
    for (const { times } of cpus()) {
      const all = times.user + times.nice + times.sys + times.idle + times.irq;
      now.all += all;
      now.busy += all - times.idle;
    }
    // Asked twice within a tick of the kernel, the answer is the same.
    if (now.all > last.all) percent = Math.round((100 * (now.busy - last.busy)) / (now.all - last.all));
    last = now;
    return Math.min(100, Math.max(0, percent));
  };
}
