import type { TestOutcome } from "./tests.ts";

/** What one connection of a bandwidth test measured (TR-143); times in milliseconds since the epoch, with fractions. */
export type ConnectionMeasure = {
  /** Connect asked and done. */
  opening: number;
  opened: number;
  /** Request sent, first byte, last byte; null: it never came so far. */
  rom: number | null;
  bom: number | null;
  eom: number | null;
  /** Of the test file. */
  testBytes: number;
  received: number;
  sent: number;
};

/** Byte counts of all connections at one instant. */
export type TransferCounts = { at: number; test: number; received: number; sent: number };

export type TransferMeasure = {
  direction: "download" | "upload";
  address: string;
  connections: readonly ConnectionMeasure[];
  /** From the first byte to the last of all connections, at the interface where it can be asked. */
  total: { received: number; sent: number };
  /** While every connection was at work; null when that never was. */
  full: { from: TransferCounts; to: TransferCounts } | null;
  samples: readonly TransferCounts[];
  perConnection: boolean;
};

/** ISO 8601 with the microseconds that TR-143 wants. */
export function preciseTime(at: number): string {
  const micro = Math.round(at * 1000);
  const rest = String(micro % 1000).padStart(3, "0");
  return `${new Date(Math.floor(micro / 1000)).toISOString().slice(0, 23)}${rest}Z`;
}

const unknownTime = "0001-01-01T00:00:00Z";
const time = (at: number | null): string => (at === null ? unknownTime : preciseTime(at));
const count = (bytes: number): string => String(Math.max(0, Math.round(bytes)));
const least = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
};
const most = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
};

/** TR-181 DownloadDiagnostics and UploadDiagnostics from what was measured; `state` is how it ended. */
export function transferOutcome(state: string, measure: TransferMeasure): TestOutcome {
  const { address, connections, direction, full, total } = measure;
  const test = direction === "download" ? "TestBytesReceived" : "TestBytesSent";
  const between = (from: TransferCounts, to: TransferCounts, suffix = ""): Record<string, string> => ({
    [test + suffix]: count(to.test - from.test),
    [`TotalBytesReceived${suffix}`]: count(to.received - from.received),
    [`TotalBytesSent${suffix}`]: count(to.sent - from.sent),
  });
  const values: Record<string, string> = {
    IPAddressUsed: address,
    ROMTime: time(least(connections.map(({ rom }) => rom))),
    BOMTime: time(least(connections.map(({ bom }) => bom))),
    EOMTime: time(most(connections.map(({ eom }) => eom))),
    TCPOpenRequestTime: time(least(connections.map(({ opening }) => opening))),
    TCPOpenResponseTime: time(most(connections.map(({ opened }) => opened))),
    [test]: count(connections.reduce((sum, { testBytes }) => sum + testBytes, 0)),
    TotalBytesReceived: count(total.received),
    TotalBytesSent: count(total.sent),
    ...(full === null ? {} : between(full.from, full.to, "UnderFullLoading")),
    PeriodOfFullLoading: count(full === null ? 0 : (full.to.at - full.from.at) * 1000),
  };
  const PerConnectionResult = measure.perConnection
    ? connections.map(({ bom, eom, opened, opening, received, rom, sent, testBytes }) => ({
        ROMTime: time(rom),
        BOMTime: time(bom),
        EOMTime: time(eom),
        [test]: count(testBytes),
        TotalBytesReceived: count(received),
        TotalBytesSent: count(sent),
        TCPOpenRequestTime: time(opening),
        TCPOpenResponseTime: time(opened),
      }))
    : [];
  const IncrementalResult = measure.samples.slice(1).map((sample, index) => {
    const before = measure.samples[index] ?? sample;
    return { ...between(before, sample), StartTime: preciseTime(before.at), EndTime: preciseTime(sample.at) };
  });
  return { state, values, tables: { PerConnectionResult, IncrementalResult } };
}
