import * as z from "zod";
import { milliseconds, numberCategory, numberRange, toneName } from "./region-schema.ts";
import type { RegionProfile } from "./region-schema.ts";

export * from "./region-schema.ts";

/** Every profile is refused when it holds a key nobody reads: a misspelt rule must not silently mean "no rule". */
const strict = z.strictObject;

/** Where a rule comes from: the clause of the provider's document, quoted in every refusal, push and report. */
const rule = { clause: z.string().min(1), summary: z.string().min(1) };

const timeOfDay = z.string().regex(/^(?:[01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$/);

/** When the provider may interrupt the service for maintenance, and what it owes before. */
export const maintenanceRule = strict({
  ...rule,
  /** whose hours they are, and whose public holidays */
  timeZone: z.string(),
  holidays: z.enum(["fr"]),
  /** on quarters of an hour; `holiday` beside the day of the week */
  windows: z
    .array(
      strict({
        days: z.array(z.enum(["mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"])).min(1),
        from: timeOfDay,
        to: timeOfDay,
      }),
    )
    .min(1),
  /** days between the notice to the subscriber and the interruption */
  noticeWorkingDays: z.int().min(0).max(60).optional(),
  /** urgent work needs neither notice nor hours */
  urgentWithoutNotice: z.boolean(),
});
export type MaintenanceRule = z.infer<typeof maintenanceRule>;

const refusedNumbersRule = strict({
  ...rule,
  categories: z.array(numberCategory).min(1),
  /** ids of the regions where such calls are carried all the same */
  carriedIn: z
    .array(z.string().regex(/^[a-z]{2}$/))
    .min(1)
    .optional(),
  /** the provider may lift it for a customer (against a deposit): X_TONALITE_Terms.LimitationsLifted */
  liftable: z.boolean().optional(),
  tone: toneName,
});
export type RefusedNumbersRule = z.infer<typeof refusedNumbersRule>;

export const providerRules = strict({
  /** The provider may make the box install firmware. `deadlineHours`: how long it may wait for an idle line. */
  softwareUpdate: strict({ ...rule, force: z.boolean(), deadlineHours: z.int().min(1).max(8760) }).optional(),
  /** A box is disturbed for maintenance in these hours only; a forced update past its deadline is not bound to them. */
  maintenance: maintenanceRule.optional(),
  /** The provider may read and change the box's settings. */
  remoteMaintenance: strict({ ...rule }).optional(),
  /** Registrar domains the box may serve; `*.` stands for any sub-domain. */
  equipmentUse: strict({ ...rule, registrars: z.array(z.string().min(1)).min(1) }).optional(),
  /** Calls that are not carried: refused on the box with `tone`, and recorded. */
  refusedNumbers: z.array(refusedNumbersRule).optional(),
  /** Calls end after `seconds`; the customer may raise it to `raisableTo`. The warning tone sounds `warningSeconds` before. */
  callDuration: strict({
    ...rule,
    raiseClause: z.string().min(1),
    categories: z.array(numberCategory).min(1),
    seconds: z.int().min(1),
    raisableTo: z.int().min(1),
    warningSeconds: z.int().min(1),
  }).optional(),
  /**
   * Calls of these categories cost: at the end of a prepaid credit (ServiceState `CreditExhausted`) none is placed, and one that
   * is up ends `warningSeconds` after the warning tone.
   */
  prepaidCredit: strict({
    ...rule,
    categories: z.array(numberCategory).min(1),
    warningSeconds: z.int().min(1).max(60),
  }).optional(),
  /**
   * A fax machine on the line. `afterValidation`: only where it was tried before (FXS X_TONALITE_FaxValidated), a fax elsewhere
   * is ended with the refused tone. The box keeps machines to `maxBitRate` by T.38, and ends a fax after `maxPages`.
   */
  fax: strict({
    ...rule,
    maxBitRate: z.int().min(2400).max(33_600).optional(),
    maxPages: z.int().min(1).max(1000).optional(),
    afterValidation: z.boolean(),
    /** false: the provider does not promise that faxes arrive; a record says so */
    guaranteed: z.boolean(),
  }).optional(),
  /** Outgoing calls may be barred, or the whole service suspended, on the provider's command. */
  suspension: strict({ ...rule }).optional(),
  /** How a call's chargeable time is counted. */
  charging: strict({ ...rule, incrementSeconds: z.int().min(1), minimumSeconds: z.int().min(0) }).optional(),
  /** Call records are proof; disputes may come for so many days. */
  callRecords: strict({ ...rule, disputeDays: z.int().min(1) }).optional(),
});

/** A provider's public terms as data. A rule that is absent is not restricted by the terms. */
export const providerProfile = strict({
  id: z.string().regex(/^[a-z0-9-]{2,32}$/),
  name: z.string(),
  document: strict({ title: z.string(), version: z.string() }),
  rules: providerRules,
});
export type ProviderProfile = z.infer<typeof providerProfile>;

const mebibytes = z.int().min(1).max(4096);
const memoryAddress = z.string().regex(/^0x[0-9a-f]{1,16}$/);

/** How `scripts/firmware/board-image` makes a bootable image for a board. */
export const boardImage = strict({
  architecture: z.literal("arm64"),
  /** Debian package with the kernel */
  kernel: z.string(),
  console: z.string().describe("kernel's name of the serial console"),
  uBoot: strict({
    /** Debian package with U-Boot, and the folder below its /usr/lib/u-boot */
    package: z.string(),
    target: z.string(),
    /** its environment's size in bytes, as compiled in */
    environmentBytes: z.int().min(512),
    /** the disk, as its commands name it: `virtio 0` */
    disk: z.string().regex(/^[a-z]+ [0-9]$/),
    /** what finds the disk */
    scan: z.string(),
    /** variables of its environment as the package has it: how a board is known that no factory has set up yet */
    tells: z.record(z.string(), z.string()),
    /** where in RAM: the unpacked kernel, the FIT, the boot script, the sector with the slots' state */
    addresses: strict({
      kernel: memoryAddress,
      fit: memoryAddress,
      script: memoryAddress,
      state: memoryAddress,
    }),
  }),
  /** the disk, as the kernel names it; its partition n is this with n appended */
  disk: z.string(),
  partitions: strict({ kernel: mebibytes, rootfs: mebibytes, data: mebibytes }),
  /** NTP servers for a box that neither its ACS nor DHCP names any: the maker's own, or its zone of pool.ntp.org */
  timeServers: z
    .array(z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/))
    .max(4)
    .default([]),
  /** how QEMU makes the machine (its manual, “Invocation”): only boards that are emulated */
  emulator: strict({
    machine: z.string(),
    cpu: z.string(),
    /** bytes of each of its two flash chips */
    flashBytes: z.int().min(1 << 20),
    /** the drive is `disk`, the network `net` */
    devices: z.array(z.string()),
  }),
  /** kernel modules (with what they need): to reach the root file system, and after that */
  modules: strict({ initramfs: z.array(z.string()), rootfs: z.array(z.string()) }),
  /**
   * A recovery image for the field tool: settings (without CONFIG_) of a kernel compiled for it, by which it has the console,
   * the disk and a way to start anew. Absent: the board has none.
   */
  recovery: strict({ kernel: z.array(z.string().regex(/^[A-Z0-9_]+$/)).min(1) }).optional(),
});
export type BoardImage = z.infer<typeof boardImage>;

/** A board. Knowledge of a board lives here and, at most, in one native line driver. */
export const hardwareProfile = strict({
  id: z.string().regex(/^[a-z0-9-]+\/[a-z0-9-]+$/),
  manufacturer: z.string().max(64),
  oui: z.string().regex(/^[0-9A-F]{6}$/),
  productClass: z.string().max(64),
  modelName: z.string().max(64),
  hardwareVersion: z.string().max(64),
  sources: z.array(z.string()),
  line: strict({
    driver: z.string(),
    ports: z.int().min(1).max(4),
    offHookDebounceMs: milliseconds,
    /** of the echo canceller towards the line: what the hybrid and the longest wire make; 0 where a chip does it */
    echoTailMs: z.int().min(0).max(64).default(0),
  }),
  codecs: z
    .array(z.enum(["PCMA", "PCMU", "G722", "G726-32"]))
    .min(1)
    .max(4),
  /** true where the telephone itself is simulated and may be worked through the control socket */
  virtualTelephone: z.boolean(),
  /**
   * How CWMP servers see the box: TR-181 with TR-104 issue 2 (as it is), TR-181 with the voice of TR-104 issue 1, or TR-098.
   * For providers whose server knows only the old names.
   */
  dataModel: z.enum(["device-2", "device-2-voice-1", "gateway-1"]).default("device-2"),
  /** What a laboratory adds to the terms: registrars it may use, numbers that exist there only. */
  laboratory: strict({ registrars: z.array(z.string()), ranges: z.array(numberRange) }).optional(),
  /** absent where firmware for the board is not made from here */
  image: boardImage.optional(),
});
export type HardwareProfile = z.infer<typeof hardwareProfile>;

/** All profiles of an installation, by id. */
export type Profiles = {
  hardware: ReadonlyMap<string, HardwareProfile>;
  providers: ReadonlyMap<string, ProviderProfile>;
  regions: ReadonlyMap<string, RegionProfile>;
};
