import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import Fastify, { type FastifyInstance } from "fastify";
import { registerApi, registerFirmwareDownloads, type Services } from "./api/index.ts";
import { createCampaigns } from "./campaigns/campaigns.ts";
import { startStunServer } from "./connection-request/stun-server.ts";
import { createWakeService, type WakeWays } from "./connection-request/wake.ts";
import { KnownDevices } from "./devices/known-device.ts";
import { createMqttAccounts } from "./devices/mqtt-accounts.ts";
import { forgetPresence } from "./devices/repository.ts";
import { createUspIntake } from "./devices/usp-intake.ts";
import { createEventBus } from "./events.ts";
import { openFirmwareStore } from "./firmware/firmware-store.ts";
import { openReleaseStore } from "./firmware/release-store.ts";
import { createLightIntake } from "./light-notifications/light-intake.ts";
import { type LightServer, startLightServer } from "./light-notifications/light-server.ts";
import type { Log } from "./log.ts";
import { ingestEntries } from "./records/intake.ts";
import { createSealer } from "./secrets/seal.ts";
import { createCwmpServer } from "./sessions/cwmp-server.ts";
import type { TlsOptions } from "./server-options.ts";
import type { Southbound } from "./sessions/southbound.ts";
import { openStore } from "./store/database.ts";
import { shippedProfiles } from "./terms/provider-terms.ts";
import { keepCertificate } from "./tls/keep-certificate.ts";
import { readAuthorities } from "./tls/server-certificate.ts";
import { type PortTls, speaking } from "./tls/tls-servers.ts";
import { type Broker, type BrokerOptions, createUspController, startBroker } from "./usp/index.ts";
import { registerConsole } from "./web-console.ts";

export type AcsOptions = {
  /** where everything durable lies; made when it does not exist */
  dataDir: string;
  /** address to listen on, all by default */
  host?: string | undefined;
  /** TCP ports; 0 takes any free one */
  httpPort: number;
  cwmpPort: number;
  /** undefined: the usual port if it is free and Mosquitto is installed, otherwise no broker, said in the log */
  mqttPort?: number | undefined;
  /** UDP; undefined: no STUN server */
  stunPort?: number | undefined;
  /** UDP; undefined: lightweight notifications are not listened for */
  lightPort?: number | undefined;
  /** a PostgreSQL server of one's own instead of the child */
  databaseUrl?: string | undefined;
  /** HTTP, CWMP and MQTT over TLS; undefined: all in the clear */
  tls?: TlsOptions | undefined;
  openEnrolment?: boolean | undefined;
  /** seconds between a device's Informs, 300 by default */
  periodicInformInterval?: number | undefined;
  log: Log;
};

export type Acs = {
  ports: {
    http: number;
    cwmp: number;
    mqtt: number | undefined;
    stun: number | undefined;
    light: number | undefined;
    /** CWMP without TLS, beside the other */
    clearCwmp: number | undefined;
  };
  adminTokenFile: string | undefined;
  /** pids of the children, for who watches or tests them; undefined while one is down */
  children(): { postgres: number | undefined; broker: number | undefined };
  /** Ends what is under way, then everything; nothing acknowledged is lost. */
  stop(): Promise<void>;
};

/** Asks a device of ours over USP for a CWMP session. */
const connectCommand = "Device.ManagementServer.X_TONALITE_Connect()";
const usualMqttPort = 1883; // IANA: mqtt
const usualMqttsPort = 8883; // IANA: secure-mqtt

/** Wires the ACS: store, broker, sessions over CWMP and USP, API, console. What started is stopped if the rest cannot. */
export async function createAcs(options: AcsOptions): Promise<Acs> {
  const { log, host = "0.0.0.0", openEnrolment = false } = options;
  const dataDir = resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true });
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).toReversed())
      await end().catch((error: unknown) => log.error({ err: error }, "a part did not stop cleanly"));
  };
  try {
    const tls = options.tls && openTls(options.tls, log);
    if (tls) stops.push(async () => tls.keeper.stop());
    const sealer = createSealer(dataDir);
    const store = await openStore({ dataDir, databaseUrl: options.databaseUrl, log });
    stops.push(() => store.stop());
    const { db, pool } = store;
    const profiles = shippedProfiles();
    const bus = createEventBus((error) => log.error({ err: error }, "an event's listener failed"));
    const broker = await openBroker(options, { dataDir, host, certificate: tls?.keeper.current, log });
    if (broker) stops.push(() => broker.stop());
    if (broker) tls?.keeper.onChange((certificate) => broker.setCertificate(certificate));
    await forgetPresence(db);

    const { stunPort } = options;
    const stun = stunPort === undefined ? undefined : await startStunServer({ host, port: stunPort, log });
    if (stun) stops.push(() => stun.stop());

    const ways: WakeWays = stun ? { udp: (...datagram) => stun.send(...datagram) } : {};
    const waking = createWakeService({ db, sealer, log, ways: () => ways });
    const wake = (deviceId: string): void => void waking.wake(deviceId);
    const release = openReleaseStore(db, dataDir);
    const campaigns = createCampaigns({
      db,
      bus,
      profiles,
      wake,
      gate: async (image) => await release.requireReleased(image),
      log,
    });
    const accounts = broker && createMqttAccounts({ db, sealer, log }, broker);
    const southbound: Southbound = {
      db,
      pool,
      bus,
      sealer,
      log,
      devices: new KnownDevices(),
      hooks: {
        ingestEntries: (deviceId, entries) => ingestEntries(db, bus, deviceId, entries, profiles),
        noteTransferComplete: (...news) => campaigns.noteTransferComplete(...news),
        firmwareAsked: (deviceId) => campaigns.rollouts.ask(deviceId),
        noteUpdateState: (...news) => campaigns.noteUpdateState(...news),
        mqttAccount: async (endpointId, password) => accounts?.ensure(endpointId, password),
      },
      settings: {
        periodicInformInterval: options.periodicInformInterval ?? 300,
        mqttPort: broker?.port,
        mqttTls: tls !== undefined,
        stunPort: stun?.port,
        openEnrolment,
      },
    };
    const light = await openLight(southbound, host, options.lightPort);
    if (light) stops.push(() => light.stop());
    southbound.settings.lightPort = light?.port;
    if (broker) {
      const intake = createUspIntake(southbound);
      const controller = createUspController({
        brokerUrl: broker.url,
        credentials: broker.controller,
        onNotify: (endpointId, notify) => intake.notify(endpointId, notify),
        onPresence: (endpointId, online) => intake.presence(endpointId, online),
        log,
      });
      stops.push(() => controller.stop());
      await controller.ready;
      ways.usp = (endpointId) => controller.operate(endpointId, connectCommand, {}, { timeoutMs: 5000 });
    }
    if (accounts) {
      const ending = new AbortController();
      const restored = accounts
        .restore(ending.signal)
        .catch((error: unknown) => log.error({ err: error }, "broker accounts not restored"));
      stops.push(async () => (ending.abort(), restored));
    }

    const firmware = await openFirmwareStore(db, dataDir);
    const services: Services = {
      db,
      bus,
      sealer,
      log,
      dataDir,
      profiles,
      wake,
      campaigns,
      firmware,
      release,
      certificate: tls && (() => tls.keeper.current),
    };
    const cwmp = createCwmpServer(southbound, profiles, tls);
    registerFirmwareDownloads(cwmp, services);
    const clearPort = options.tls?.clearCwmpPort;
    const clearCwmp = clearPort === undefined ? undefined : createCwmpServer(southbound, profiles);
    if (clearCwmp) registerFirmwareDownloads(clearCwmp, services);
    const http = Fastify({ forceCloseConnections: true, ...speaking(tls && { keeper: tls.keeper }) });
    await registerConsole(http);
    const { adminTokenFile } = await registerApi(http, services);
    stops.push(() => http.close());
    const rollouts = campaigns.rollouts.start();
    stops.push(() => rollouts.stop());
    await http.listen({ host, port: options.httpPort });
    stops.push(() => cwmp.close());
    await cwmp.listen({ host, port: options.cwmpPort });
    if (clearCwmp) stops.push(() => clearCwmp.close());
    await clearCwmp?.listen({ host, port: clearPort ?? 0 });
    if (openEnrolment)
      log.warn({}, "open enrolment: any device is let in by its word; for the laboratory only");
    return {
      ports: {
        http: portOf(http),
        cwmp: portOf(cwmp),
        mqtt: broker?.port,
        stun: stun?.port,
        light: light?.port,
        clearCwmp: clearCwmp && portOf(clearCwmp),
      },
      adminTokenFile,
      children: () => ({ postgres: store.serverPid(), broker: broker?.pid }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function openLight(
  southbound: Southbound,
  host: string,
  port: number | undefined,
): Promise<LightServer | undefined> {
  if (port === undefined) return undefined;
  return await startLightServer({ host, port, take: createLightIntake(southbound), log: southbound.log });
}

/** @throws CertificateError for files that cannot be used */
function openTls({ boxAuthorities, ...files }: TlsOptions, log: Log): PortTls {
  const authorities = boxAuthorities === undefined ? undefined : readAuthorities(boxAuthorities);
  return { keeper: keepCertificate(files, log), boxAuthorities: authorities };
}

/** A broker that was asked for must start; the usual one is a convenience that a machine may lack. */
async function openBroker(
  { mqttPort, tls }: AcsOptions,
  options: Omit<BrokerOptions, "port"> & { log: Log },
): Promise<Broker | undefined> {
  if (mqttPort !== undefined) return await startBroker({ ...options, port: mqttPort });
  try {
    return await startBroker({ ...options, port: tls ? usualMqttsPort : usualMqttPort });
  } catch (error) {
    options.log.warn(
      { err: error },
      "no broker: devices are managed over CWMP alone; give --mqtt PORT to insist",
    );
    return undefined;
  }
}

function portOf(app: FastifyInstance): number {
  const address = app.server.address();
  return address !== null && typeof address === "object" ? address.port : 0;
}
