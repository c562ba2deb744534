import {
  type CwmpMessage,
  decodeEnvelope,
  type Download,
  encodeEnvelope,
  type MessageOf,
  type StoredAttributes,
  type StoredEvent,
} from "../../core/cwmp/index.ts";
import { createDeviceModel, type DataModel } from "../../core/data-model/index.ts";
import { createCwmpClient, type CwmpClient, type CwmpHooks } from "./index.ts";
import { type Answer, ScriptedAcs } from "./scripted-acs.ts";
import type { PendingTransfer } from "./transfers.ts";

export const server = "Device.ManagementServer.";
export const status = "Device.Services.VoiceService.1.SIP.Client.1.Status";
export const knocker = { username: "knock", password: "knock-secret" } as const;

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const patienceMs = 20_000;

/** Timers that run when the test says so. */
class Clock {
  time = Date.UTC(2026, 10, 22);
  #timers: { at: number; task: () => void }[] = [];
  now = (): number => this.time;
  after = (milliseconds: number, task: () => void): (() => void) => {
    const timer = { at: this.time + milliseconds, task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };
  advance(milliseconds: number): void {
    const until = this.time + milliseconds;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.time = next.at;
      next.task();
    }
    this.time = until;
  }
  get pending(): number[] {
    return this.#timers.map(({ at }) => at - this.time).sort((a, b) => a - b);
  }
}

/** A CWMP client with a scripted ACS, a clock that stands, and a memory that outlives the client. For its tests. */
export class ClientRig {
  readonly clock = new Clock();
  readonly model: DataModel = createDeviceModel({ lines: 1 });
  client!: CwmpClient;
  /** What the box keeps. */
  store: StoredEvent[] = [];
  attributes: StoredAttributes = {};
  pending: PendingTransfer[] = [];
  /** Whether another update is under way. */
  busy = false;
  /** What the box was made to do. */
  readonly done: string[] = [];
  readonly downloads: Download[] = [];
  /** What the ACS asks in the coming sessions, and what the box said. */
  requests: CwmpMessage[] = [];
  readonly said: CwmpMessage[] = [];
  /** An answer in place of the ACS's own. */
  trouble: ((index: number, body: string) => Answer | undefined) | undefined;

  readonly acs = new ScriptedAcs(({ body }, index) => {
    const bad = this.trouble?.(index, body);
    if (bad !== undefined) return bad;
    if (body !== "") {
      const { id, body: message } = decodeEnvelope(body);
      this.said.push(message);
      if (message.method === "Inform") return reply({ method: "InformResponse", maxEnvelopes: 1 }, id);
      if (message.method === "TransferComplete") return reply({ method: "TransferCompleteResponse" }, id);
    }
    const next = this.requests.shift();
    return next === undefined ? { status: 204 } : reply(next, `request-${this.requests.length}`);
  });

  readonly #hooks: CwmpHooks = {
    download: async (asked) => {
      if (this.busy) return { faultCode: 9001, faultString: "an update is under way" };
      this.downloads.push(asked);
      return { status: 1 };
    },
    reboot: (key) => this.done.push(`reboot ${key}`),
    factoryReset: () => this.done.push("factory reset"),
    loadEvents: () => structuredClone(this.store),
    saveEvents: (events) => {
      this.store = structuredClone(events);
    },
    loadAttributes: () => structuredClone(this.attributes),
    saveAttributes: (kept) => {
      this.attributes = structuredClone(kept);
    },
    loadTransfers: () => structuredClone(this.pending),
    saveTransfers: (kept) => {
      this.pending = structuredClone(kept);
    },
    cancelDownload: () => undefined,
    downloads: () => [],
    logFile: () => "what happened",
    takeSounds: (kind, bytes) => {
      if (bytes.length === 0) return "it is empty";
      this.done.push(`${kind} ${Buffer.from(bytes).toString()}`);
      return undefined;
    },
  };

  /** A box with its factory settings, not yet started. */
  async open(): Promise<void> {
    for (const [name, value] of [
      ["DeviceInfo.Manufacturer", "Tonalite"],
      ["DeviceInfo.ManufacturerOUI", "00AABB"],
      ["DeviceInfo.ProductClass", "ATA"],
      ["DeviceInfo.SerialNumber", "0001"],
      ["ManagementServer.URL", await this.acs.listen()],
      ["ManagementServer.ConnectionRequestUsername", knocker.username],
      ["ManagementServer.ConnectionRequestPassword", knocker.password],
    ] as const)
      this.model.publish(`Device.${name}`, value);
    this.renew();
  }

  async close(): Promise<void> {
    await this.client.stop();
    await this.acs.close();
  }

  /** The client of the next life: nothing but what was kept comes along. */
  renew(): void {
    this.client = createCwmpClient({
      model: this.model,
      hooks: this.#hooks,
      log: silent,
      clock: this.clock,
      random: () => 0.5,
      timeout: 2000,
      connectionRequest: { host: "127.0.0.1" },
    });
  }

  get informs(): MessageOf<"Inform">[] {
    return this.said.filter((message) => message.method === "Inform");
  }

  codes(index: number): string[] | undefined {
    return this.informs.at(index)?.events.map(({ eventCode }) => eventCode);
  }

  get lastSaid(): CwmpMessage | undefined {
    return this.said.at(-1);
  }

  /** How the transfer of the test ended, once the ACS was told. */
  get outcome(): CwmpMessage | undefined {
    return this.said.find(({ method }) => method === "TransferComplete");
  }

  /** Waits until the ACS has been asked so often. */
  async settle(count: number): Promise<void> {
    for (const end = performance.now() + patienceMs; this.acs.seen.length !== count;) {
      if (performance.now() > end)
        throw new Error(`the ACS was asked ${this.acs.seen.length} times, not ${count}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

function reply(body: CwmpMessage, id?: string): Answer {
  const kept = id === undefined ? {} : { id };
  return { body: encodeEnvelope({ ...kept, namespace: "urn:dslforum-org:cwmp-1-2", body }) };
}
