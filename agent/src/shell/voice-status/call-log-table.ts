import type { DataModel } from "../../core/data-model/index.ts";
import type { Journal } from "../../core/ports.ts";
import type { CallRecord } from "../../core/records/index.ts";

const service = "Device.Services.VoiceService.1.";
const table = `${service}CallLog.`;
/** As Capabilities.MaxCallLogCount says. */
const kept = 20;

const causes: Readonly<Record<CallRecord["cause"], string>> = {
  normal: "LocalDisconnect",
  busy: "RemoteBusy",
  "no-answer": "RemoteTimeout",
  "wrong-number": "RemoteNotFound",
  rejected: "RemoteReject",
  limit: "LocalTimeout",
  "refused-by-terms": "LocalForbidden",
  network: "RemoteNetworkFailure",
  unregistered: "RemoteUnavailable",
  cancelled: "LocalDisconnect",
  forwarded: "CallForwardingUnconditional",
  error: "LocalInternalError",
};

/** TR-104 CallTerminationCause of a record. */
export function terminationCause({ cause, endedBy }: Pick<CallRecord, "cause" | "endedBy">): string {
  const remote = endedBy === "remote" && (cause === "normal" || cause === "cancelled");
  return remote ? "RemoteDisconnect" : causes[cause];
}

/**
 * Shows the latest calls as TR-104 CallLog rows: row 1 is the newest. The records stay in the journal; values are made
 * when they are read.
 */
export function showCallLog(model: DataModel, journal: Journal): void {
  const calls: CallRecord[] = journal.latest("call", kept).map(({ data }) => data);
  let rows = 0;

  function show(): void {
    while (rows < calls.length) addRow((rows += 1));
  }

  function addRow(row: number): void {
    const call = (): CallRecord | undefined => calls[row - 1];
    const path = `${table}${row}.`;
    model.addInstance(table, row);
    model.addInstance(`${path}Session.`, 1);
    const provide = (object: string, value: (name: string, call: CallRecord) => string | undefined): void =>
      model.provideObject(path + object, (name) => {
        const record = call();
        return record === undefined ? undefined : value(name, record);
      });
    provide("", callValue);
    provide("Session.1.", (name, record) => {
      if (name === "StreamType") return record.fax === undefined ? "Audio" : "Fax";
      if (name === "Start") return (record.answer ?? record.start).replace(/\.\d+/, "");
      return name === "Duration" ? String(Math.round(record.durationSeconds)) : undefined;
    });
    for (const side of ["Source", "Destination"] as const) {
      const own = (record: CallRecord): boolean => (record.direction === "outgoing") === (side === "Source");
      const at = `Session.1.${side}.`;
      provide(`${at}RTP.`, (name, record) => {
        // RFC 3551 §4.5.2: G.722 counts 8000 ticks a second and samples twice as often.
        if (name === "SamplingFrequency") return record.codec === "G722" ? "16000" : undefined;
        return (own(record) ? ownMedia : farMedia)(name, record);
      });
      provide(`${at}DSP.ReceiveCodec.`, (name, record) => {
        if (name === "Codec") return codecRow(model, record);
        return own(record) && name === "Underruns" ? String(record.media?.underruns ?? 0) : undefined;
      });
      provide(`${at}DSP.TransmitCodec.`, (name, record) =>
        name === "Codec" ? codecRow(model, record) : undefined,
      );
      provide(`${at}VoiceQuality.`, (name, record) =>
        name === "VoIPQualityIndicator" ? quality(record, own(record)) : undefined,
      );
    }
  }

  journal.onAppend((entry) => {
    if (entry.kind !== "call") return;
    calls.unshift(entry.data);
    calls.length = Math.min(calls.length, kept);
    show();
  });
  show();
}

function callValue(name: string, call: CallRecord): string | undefined {
  const line = `${service}CallControl.Line.${call.line}`;
  const client = `${service}SIP.Client.${call.line}`;
  const outgoing = call.direction === "outgoing";
  switch (name) {
    case "CallingPartyNumber":
      return call.from;
    case "CalledPartyNumber":
      return call.to;
    case "Source":
      return outgoing ? line : client;
    case "Destination":
      return outgoing ? client : line;
    case "RemoteParty":
      return (outgoing ? call.to : call.from).slice(0, 32);
    case "UsedLine":
      return line;
    case "Direction":
      return outgoing ? "Outgoing" : "Incoming";
    case "Start":
      return call.start.replace(/\.\d+/, "");
    case "Duration":
      return String(Math.round(call.durationSeconds));
    case "CallTerminationCause":
      return terminationCause(call);
  }
  return undefined;
}

const micro = (ms: number): string => String(Math.round(ms * 1000));
const share = (lost: number, arrived: number): string =>
  String(lost <= 0 ? 0 : Math.min(100, Math.round((100 * lost) / (lost + arrived))));

/** What this end received and sent. */
function ownMedia(name: string, { media }: CallRecord): string | undefined {
  if (media === null) return undefined;
  switch (name) {
    case "PacketsReceived":
      return String(media.rxPackets);
    case "PacketsSent":
      return String(media.txPackets);
    case "PacketsLost":
      return String(Math.max(0, media.lost));
    case "PacketsDiscarded":
      return String(media.late);
    case "BurstCount":
      return String(media.bursts ?? 0);
    case "ReceivePacketLossRate":
      return share(media.lost, media.rxPackets);
    case "FarEndPacketLossRate":
      return share(media.remoteLost, media.txPackets);
    case "ReceiveInterarrivalJitter":
      return micro(media.jitterMs);
    case "FarEndInterarrivalJitter":
      return micro(media.remoteJitterMs);
    case "RoundTripDelay":
      return micro(media.roundTripMs);
  }
  return undefined;
}

/** What the far end told of itself by RTCP (RFC 3550 §6.4). */
function farMedia(name: string, { media }: CallRecord): string | undefined {
  if (media === null) return undefined;
  switch (name) {
    case "PacketsLost":
      return String(Math.max(0, media.remoteLost));
    case "ReceivePacketLossRate":
      return share(media.remoteLost, media.txPackets);
    case "FarEndPacketLossRate":
      return share(media.lost, media.rxPackets);
    case "ReceiveInterarrivalJitter":
      return micro(media.remoteJitterMs);
    case "FarEndInterarrivalJitter":
      return micro(media.jitterMs);
    case "RoundTripDelay":
      return micro(media.roundTripMs);
  }
  return undefined;
}

/** Codecs as RFC 3551 and TR-104 name them. */
const codecNames: Readonly<Record<string, string>> = {
  PCMA: "G.711ALaw",
  PCMU: "G.711MuLaw",
  G722: "G.722",
};

/** The row of Capabilities.Codec; "" for one that is not among them. */
function codecRow(model: DataModel, { codec }: CallRecord): string {
  const wanted = codecNames[codec ?? ""] ?? (codec?.startsWith("G726") === true ? "G.726" : undefined);
  const codecs = `${service}Capabilities.Codec.`;
  const row = model.instances(codecs).find((number) => model.value(`${codecs}${number}.Codec`) === wanted);
  return row === undefined ? "" : `${codecs}${row}`;
}

/** What this end heard, or what the far end told of how it heard us. */
function quality({ media }: CallRecord, ours: boolean): string | undefined {
  const mos = ours ? media?.mos : media?.remoteMos;
  return mos === undefined ? undefined : String(Math.round(mos * 1000));
}
