import type { BackupFacts } from "./backup-file.ts";
import type { DiskImage } from "./image.ts";
import type { FlashResult } from "./job/flash.ts";
import { say, type Language } from "./messages.ts";
import type { FlashCode } from "./problem.ts";

/** What a station keeps of one board. */
export type Report = {
  format: 1;
  outcome: "flashed" | "backed-up" | "dry-run" | "failed";
  /** absent when all went well */
  problem?: { code: FlashCode; text: string };
  startedAt: string;
  seconds: number;
  port: string;
  /** of the board's console; null when it was not found */
  baudRate: number | null;
  /** why an image was taken that would have been refused */
  allowed?: string;
  /** the disk as it was; `readBytes` came over the console, the rest was blank or known */
  backup?: BackupFacts & { file: string; bytes: number; readBytes: number };
  image?: Pick<DiskImage, "file" | "sha256" | "checks" | "signed"> & { bytes: number };
  board?: {
    profile: string;
    name: string;
    uBoot: string;
    serial: string | null;
    mac: string | null;
    diskBytes: number;
  };
  work?: {
    changedBytes: number;
    sentBytes: number;
    repeatedBlocks: number;
    attempts: number;
    bootState: FlashResult["bootState"];
    identity: FlashResult["identity"];
    /** how the bytes travelled; null when none had to */
    way: FlashResult["way"] | null;
    /** CRC-32 of each 16 MiB of the disk, as the board read it back */
    readBackCrc32: string[];
  };
  /** what the board became; no secrets */
  box?: { deviceId: string; serial: string; mac: string | null; certificateSha256: string | null };
  /** seconds from the start of the flashed box to its first word to the ACS */
  firstInformSeconds?: number;
  /** what the ACS has the box as */
  registered?: "ready" | "faulty";
};

/** The parts of a report that a result gives. */
export function reportResult({
  board,
  baudRate,
  ...result
}: FlashResult): Pick<Report, "baudRate" | "board" | "work"> {
  const { kind, banner, serial, mac, diskBytes } = board;
  const { changedBytes, sentBytes, repeatedBlocks, attempts, bootState, identity, way, verified } = result;
  return {
    baudRate,
    board: {
      profile: kind.profile,
      name: kind.name,
      uBoot: banner,
      serial: serial ?? null,
      mac: mac ?? null,
      diskBytes,
    },
    work: {
      changedBytes,
      sentBytes,
      repeatedBlocks,
      attempts,
      bootState,
      identity,
      way: way ?? null,
      readBackCrc32: verified,
    },
  };
}

export function reportImage({ bytes, ...image }: DiskImage): NonNullable<Report["image"]> {
  return { ...image, bytes: bytes.length };
}

/** The report for people: one `name value` a line. */
export function reportText(report: Report, language: Language): string {
  const lines = [say("report", language)];
  const add = (prefix: string, value: unknown): void => {
    if (Array.isArray(value)) lines.push(`  ${prefix.padEnd(22)} ${value.join(", ")}`);
    else if (typeof value === "object" && value !== null)
      for (const [name, inner] of Object.entries(value))
        add(prefix === "" ? name : `${prefix}.${name}`, inner);
    else lines.push(`  ${prefix.padEnd(22)} ${value === null ? "-" : JSON.stringify(value)}`);
  };
  add("", report);
  return lines.join("\n");
}
