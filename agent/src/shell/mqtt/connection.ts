import type { DataModel } from "../../core/data-model/index.ts";
import type { UspAgent, UspLog } from "../../core/usp/index.ts";
import { reconnectDelay } from "./back-off.ts";
import { type Link, type LinkFailure, openLink } from "./link.ts";
import { clientPath, type MqttSettings, wantedConnection } from "./settings.ts";

/** Changes that arrive together are one change; an answer to whoever made it leaves on the old connection. */
const settleMs = 250;

export type MqttConnectionOptions = {
  readonly model: Pick<DataModel, "value" | "publish" | "subscribe">;
  readonly usp: UspAgent;
  readonly log: UspLog;
  /** PEM of the authorities that a TLS broker may be certified by, beside the system's. */
  readonly certificates?: readonly string[];
};

export type MqttConnection = {
  readonly connected: boolean;
  /** Says good-bye to the broker; resolves within about 2 s. */
  stop(): Promise<void>;
};

/**
 * Keeps the USP connection that Device.MQTT.Client.1. asks for: opens, follows changes, reconnects with a jittered
 * back-off, and publishes Status. Nothing that the broker or the network does throws or rejects.
 */
export function createMqttConnection({
  model,
  usp,
  log,
  certificates,
}: MqttConnectionOptions): MqttConnection {
  let link: Promise<Link> | undefined;
  let current = "";
  let generation = 0;
  let failures = 0;
  let connected = false;
  let timer: NodeJS.Timeout | undefined;
  let changing: Promise<void> = Promise.resolve();

  const publishStatus = (status: string): void => model.publish(`${clientPath}Status`, status);

  function open(settings: MqttSettings): void {
    generation += 1;
    const mine = generation;
    const events = {
      ready(send: (record: Uint8Array, messageId: string) => void): void {
        if (mine !== generation) return;
        failures = 0;
        connected = true;
        log.info({ broker: `${settings.host}:${settings.port}` }, "mqtt: connected");
        publishStatus("Connected");
        usp.connected(send);
      },
      closed(failure: LinkFailure): void {
        if (mine === generation) failed(settings, failure);
      },
    };
    if (failures === 0) publishStatus("Connecting");
    link = openLink({ settings, usp, log, events, ...(certificates === undefined ? {} : { certificates }) });
    link.catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      if (mine === generation) failed(settings, { kind: "unreachable", message });
    });
  }

  function failed(settings: MqttSettings, failure: LinkFailure): void {
    link = undefined;
    down();
    failures += 1;
    const wait = reconnectDelay(failures, Math.random());
    log.warn({ reason: failure.message, kind: failure.kind, nextAttemptMs: wait }, "mqtt: no connection");
    const statuses = {
      refused: "Error_Misconfigured",
      unreachable: "Error_BrokerUnreachable",
      lost: "Connecting",
    };
    publishStatus(statuses[failure.kind]);
    clearTimeout(timer);
    timer = setTimeout(() => open(settings), wait);
  }

  function down(): void {
    if (connected) usp.disconnected();
    connected = false;
  }

  async function close(): Promise<void> {
    generation += 1;
    clearTimeout(timer);
    down();
    const old = await link?.catch(() => undefined);
    link = undefined;
    await old?.end();
  }

  async function apply(): Promise<void> {
    const wanted = wantedConnection(model, usp.endpointId);
    const fingerprint = JSON.stringify(wanted);
    if (fingerprint === current) return;
    current = fingerprint;
    await close();
    failures = 0;
    if (wanted.state === "enabled") open(wanted.settings);
    else publishStatus(wanted.state === "disabled" ? "Disabled" : "Error_Misconfigured");
  }

  const schedule = (): void => {
    changing = changing
      .then(apply)
      .catch((error: unknown) => log.error({ err: error }, "mqtt: settings not applied"));
  };
  let settle: NodeJS.Timeout | undefined;
  const unsubscribe = model.subscribe(({ path }) => {
    if (!path.startsWith(clientPath) || path === `${clientPath}Status`) return;
    clearTimeout(settle);
    settle = setTimeout(schedule, settleMs);
  });
  schedule();

  return {
    get connected() {
      return connected;
    },
    async stop() {
      unsubscribe();
      clearTimeout(settle);
      await changing;
      await close();
    },
  };
}
