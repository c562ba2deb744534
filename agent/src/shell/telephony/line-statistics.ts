import type { DataModel } from "../../core/data-model/index.ts";
import { linePaths } from "../../core/provisioning/index.ts";
import type { CallRecord } from "../../core/records/index.ts";

/** What the box counts of a line since it started (TR-104 CallControl.Line.{i}.Stats). */
const counters = [
  "IncomingCalls.CallsReceived",
  "IncomingCalls.CallsConnected",
  "IncomingCalls.CallsFailed",
  "IncomingCalls.CallsDropped",
  "IncomingCalls.TotalCallTime",
  "OutgoingCalls.CallsAttempted",
  "OutgoingCalls.CallsConnected",
  "OutgoingCalls.CallsFailed",
  "OutgoingCalls.CallsDropped",
  "OutgoingCalls.TotalCallTime",
  "RTP.PacketsReceived",
  "RTP.PacketsSent",
  "RTP.PacketsLost",
  "DSP.Underruns",
] as const;
type Counter = (typeof counters)[number];

/** Provides a line's counters to the data model. Returns how to count a record. */
export function countCalls(model: DataModel, line: number): (record: CallRecord) => void {
  const counts = new Map<Counter, number>(counters.map((name) => [name, 0]));
  for (const name of counters) {
    model.provide(`${linePaths(line).callControl}Stats.${name}`, () =>
      String(Math.round(counts.get(name) ?? 0)),
    );
  }
  const add = (name: Counter, amount: number): void =>
    void counts.set(name, (counts.get(name) ?? 0) + amount);

  return (record) => {
    const outgoing = record.direction === "outgoing";
    const calls = outgoing ? "OutgoingCalls" : "IncomingCalls";
    add(outgoing ? "OutgoingCalls.CallsAttempted" : "IncomingCalls.CallsReceived", 1);
    if (record.answer === null) add(`${calls}.CallsFailed`, 1);
    else {
      add(`${calls}.CallsConnected`, 1);
      add(`${calls}.TotalCallTime`, record.durationSeconds);
      if (record.cause === "network" || record.cause === "error") add(`${calls}.CallsDropped`, 1);
    }
    if (!record.media) return;
    add("RTP.PacketsReceived", record.media.rxPackets);
    add("RTP.PacketsSent", record.media.txPackets);
    add("RTP.PacketsLost", Math.max(0, record.media.lost));
    add("DSP.Underruns", record.media.underruns);
  };
}
