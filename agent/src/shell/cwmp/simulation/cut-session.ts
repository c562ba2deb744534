import {
  type CwmpMessage,
  decodeEnvelope,
  encodeEnvelope,
  type StoredEvent,
  type Transfer,
} from "../../../core/cwmp/index.ts";
import { createDeviceModel } from "../../../core/data-model/index.ts";
import { createCwmpClient } from "../client.ts";
import { ScriptedAcs } from "../scripted-acs.ts";
import { type Cut, CutRelay } from "./cut-relay.ts";

/** What the ACS learnt in the session that was cut and in those after it, until the device had nothing left to tell. */
export type CutLife = {
  /** Bytes of the session up and down, when nothing was cut. */
  length: { up: number; down: number };
  /** Where, in each direction, a message of the session ends. */
  marks: Record<"inform" | "informed" | "report" | "reported", number>;
  /** Event codes of the Informs that reached the ACS whole. */
  informs: string[][];
  /** TransferCompletes that reached the ACS whole. */
  reports: number;
  /** RetryCount of the Informs. */
  retries: number[];
  stored: StoredEvent[];
};

const transfer: Transfer = {
  commandKey: "job",
  fault: { code: 0, string: "" },
  startTime: "2026-11-22T00:00:00Z",
  completeTime: "2026-11-22T00:01:00Z",
};
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const mostSessions = 6;

/**
 * One session of a device that has a bootstrap, a boot, a change and the end of a transfer to tell, over a wire that is cut
 * once; then as many sessions as it wants. Real sockets, a clock that the simulation turns.
 */
export async function liveThroughCut(cut?: Cut): Promise<CutLife> {
  let stored: StoredEvent[] = [{ kind: "transfer", ...transfer }];
  let ended = Promise.withResolvers<void>();
  let timers: (() => void)[] = [];
  const life: CutLife = {
    length: { up: 0, down: 0 },
    marks: { inform: 0, informed: 0, report: 0, reported: 0 },
    informs: [],
    reports: 0,
    retries: [],
    stored,
  };
  const acs = new ScriptedAcs(({ body }) => answer(body, life, () => relay.passed));
  const relay = new CutRelay(Number(new URL(await acs.listen()).port), cut);
  const model = createDeviceModel({ lines: 1 });
  model.publish("Device.ManagementServer.URL", `http://127.0.0.1:${await relay.listen()}/`);
  const client = createCwmpClient({
    model,
    log: silent,
    // Only the retry's timer matters here; periodic Informs would tell nothing new.
    clock: { now: () => Date.UTC(2026, 10, 22), after: (_wait, task) => (timers.push(task), () => {}) },
    random: () => 0.5,
    timeout: 10_000,
    connectionRequest: { host: "127.0.0.1" },
    hooks: {
      download: async () => ({ status: 1 }),
      reboot: () => undefined,
      factoryReset: () => undefined,
      loadEvents: () => stored,
      saveEvents: (events) => (stored = structuredClone(events)),
      loadAttributes: () => ({}),
      saveAttributes: () => undefined,
      loadTransfers: () => [],
      saveTransfers: () => undefined,
      cancelDownload: () => undefined,
      downloads: () => [],
      logFile: () => "",
      takeSounds: () => undefined,
      sessionEnded: () => ended.resolve(),
    },
  });
  model.write([{ path: "Device.ManagementServer.PeriodicInformEnable", value: "false" }], "cwmp");
  await client.start();
  try {
    for (let sessions = 0; sessions < mostSessions; sessions += 1) {
      await ended.promise;
      ended = Promise.withResolvers();
      if (sessions === 0) life.length = { ...relay.passed };
      const due = timers;
      timers = [];
      for (const task of due) task();
      // Nothing waits for a retry: all is told.
      if (due.length === 0) break;
    }
  } finally {
    await client.stop();
    await relay.close();
    await acs.close();
  }
  return { ...life, stored };
}

function answer(
  body: string,
  life: CutLife,
  passed: () => { up: number; down: number },
): { status?: number; body?: string } {
  const reply = (message: CwmpMessage, id?: string): { body: string } => ({
    body: encodeEnvelope({
      ...(id === undefined ? {} : { id }),
      namespace: "urn:dslforum-org:cwmp-1-2",
      body: message,
    }),
  });
  const { marks } = life;
  if (body === "") {
    marks.reported ||= passed().down;
    return reply({ method: "GetParameterNames", path: "Device.DeviceInfo.", nextLevel: true }, "names");
  }
  const { body: message, id } = decodeEnvelope(body);
  if (message.method === "Inform") {
    marks.inform ||= passed().up;
    life.informs.push(message.events.map(({ eventCode }) => eventCode));
    life.retries.push(message.retryCount);
    return reply({ method: "InformResponse", maxEnvelopes: 1 }, id);
  }
  if (message.method === "TransferComplete") {
    marks.informed ||= passed().down;
    marks.report ||= passed().up;
    life.reports += 1;
    return reply({ method: "TransferCompleteResponse" }, id);
  }
  return { status: 204 };
}

/**
 * What is wrong with a life after a cut: an event or a transfer that was lost, or told again although its answer had
 * arrived (TR-069 §3.7.1.5). @param whole the same session without a cut
 */
export function judgeCut(cut: Cut, life: CutLife, whole: CutLife): string[] {
  const found: string[] = [];
  const { marks } = whole;
  const answerLost = (sent: number, answered: number): boolean =>
    cut.direction === "up" ? cut.byte === sent : cut.byte < answered;
  const judge = (what: string, times: number, lost: boolean): void => {
    if (times === 0) found.push(`${what} was lost`);
    if (times > (lost ? 2 : 1)) found.push(`${what} was told ${times} times`);
  };
  const informLost = answerLost(marks.inform, marks.informed);
  for (const code of ["0 BOOTSTRAP", "1 BOOT"])
    judge(code, life.informs.filter((codes) => codes.includes(code)).length, informLost);
  // Where the Inform already failed, the transfer was not sent before the cut.
  judge("the transfer", life.reports, !informLost && answerLost(marks.report, marks.reported));
  if (life.stored.some(({ kind }) => kind !== "acs")) found.push("something told is still kept");
  return found;
}
