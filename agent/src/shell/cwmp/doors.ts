import type { DataModel } from "../../core/data-model/index.ts";
import type { CwmpClock, CwmpLog } from "./clock.ts";
import { ConnectionRequestServer } from "./connection-request.ts";
import { KnockLimit } from "./knock-limit.ts";
import { localAddressTowards } from "./local-address.ts";
import {
  connectionRequestUrlPath,
  type managementSettings,
  natDetectedPath,
  settingName,
  udpAddressPath,
} from "./settings.ts";
import { UdpDoor } from "./udp-door.ts";

export type DoorOptions = {
  model: DataModel;
  settings: ReturnType<typeof managementSettings>;
  /** Address to listen on; "0.0.0.0" and "::" are every one. */
  host: string;
  /** Of the HTTP door; 0 lets the kernel choose. */
  port: number;
  onRequest: () => void;
  clock: CwmpClock;
  log: CwmpLog;
};

const everyAddress = new Set(["0.0.0.0", "::"]);

/** Every way in which the ACS may ask for a session: HTTP always, UDP through a NAT while STUN is enabled. */
export class Doors {
  readonly #options: DoorOptions;
  readonly #http: ConnectionRequestServer;
  readonly #limit = new KnockLimit();
  #udp: UdpDoor | undefined;
  #reopening = false;
  #unsubscribe = (): void => {};

  constructor(options: DoorOptions) {
    const { clock, host, log, onRequest, port, settings } = options;
    this.#options = options;
    const credentials = settings.connectionRequestCredentials;
    const isOpen = settings.httpRequests;
    this.#http = new ConnectionRequestServer({
      host,
      port,
      credentials,
      isOpen,
      onRequest,
      limit: this.#limit,
      clock,
      log,
    });
  }

  /** Fails with the system's error when the port is taken. */
  async open(): Promise<void> {
    await this.#http.listen();
    this.#openUdp();
    this.#unsubscribe = this.#options.model.subscribe(({ path }) => {
      const setting = settingName(path);
      if (setting?.startsWith("STUN") !== true && setting !== "URL") return;
      if (this.#reopening) return;
      // Several settings come in one message.
      this.#reopening = true;
      queueMicrotask(() => {
        this.#reopening = false;
        this.#openUdp();
      });
    });
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    this.#udp?.close();
    this.#udp = undefined;
    await this.#http.close();
  }

  /** Tells the ACS at `acsUrl` by which address of this device it can call. */
  async publishUrl(acsUrl: string, isWanted: () => boolean): Promise<void> {
    const { host, model } = this.#options;
    const address = everyAddress.has(host) ? await localAddressTowards(new URL(acsUrl).hostname) : host;
    if (address !== undefined && isWanted()) model.publish(connectionRequestUrlPath, this.#http.url(address));
  }

  #openUdp(): void {
    const { clock, host, log, model, onRequest, settings } = this.#options;
    this.#udp?.close();
    this.#udp = undefined;
    const stun = settings.stun();
    if (stun === undefined) {
      model.publish(natDetectedPath, "false");
      model.publish(udpAddressPath, "");
      return;
    }
    const udp = new UdpDoor({
      host,
      settings: stun,
      credentials: settings.connectionRequestCredentials,
      onRequest,
      onAddress(address, natDetected) {
        if (udp !== mine()) return;
        log.info({ address, natDetected }, "cwmp: the UDP door's address");
        model.publish(natDetectedPath, String(natDetected));
        model.publish(udpAddressPath, address);
      },
      limit: this.#limit,
      clock,
      log,
    });
    const mine = (): UdpDoor | undefined => this.#udp;
    this.#udp = udp;
    udp.open();
  }
}
