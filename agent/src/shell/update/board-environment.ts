import {
  bootEnvironmentBytes,
  decodeBootEnvironment,
  encodeBootEnvironment,
  type BootEnvironment,
} from "../../core/firmware/index.ts";
import type { Disk } from "./disk.ts";

/** The boot loader's sector, as U-Boot and the agent share it. */
export interface EnvironmentSector {
  /** undefined when its checksum is wrong. */
  read(): Promise<BootEnvironment | undefined>;
  /** Durable when it resolves. One sector: a power cut leaves the old or the new. Nothing is written when it is so already. */
  write(environment: BootEnvironment): Promise<void>;
}

/** The first sector of a partition. */
export function createEnvironmentSector(disk: Disk, device: string): EnvironmentSector {
  return {
    async read() {
      const file = await disk.open(device, "read");
      try {
        return decodeBootEnvironment(await file.read(bootEnvironmentBytes, 0));
      } finally {
        await file.close();
      }
    },
    async write(environment) {
      const bytes = encodeBootEnvironment(environment);
      const file = await disk.open(device, "write");
      try {
        const before = Buffer.from(await file.read(bootEnvironmentBytes, 0));
        if (before.equals(bytes)) return;
        await file.write(bytes, 0);
        await file.sync();
      } finally {
        await file.close();
      }
    },
  };
}
