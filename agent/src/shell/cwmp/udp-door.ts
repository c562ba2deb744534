import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { isIPv6 } from "node:net";
import {
  type Accepted,
  acceptOnce,
  type Binding,
  type BindingEffect,
  type BindingEvent,
  decodeStun,
  decodeUdpRequest,
  encodeStun,
  keepAliveLimits,
  signedText,
  startBinding,
  stepBinding,
  type StunMessage,
  type UdpAddress,
} from "../../core/cwmp/index.ts";
import type { Credentials } from "../net/authentication.ts";
import type { CwmpClock, CwmpLog } from "./clock.ts";
import type { KnockLimit } from "./knock-limit.ts";
import { localAddressTowards } from "./local-address.ts";

export type StunSettings = {
  host: string;
  port: number;
  username: string;
  password: string;
  /** Seconds; -1: no maximum. */
  maximumPeriod: number;
  minimumPeriod: number;
};

export type UdpDoorOptions = {
  /** Address to listen on. */
  host: string;
  settings: StunSettings;
  credentials: () => Credentials;
  onRequest: () => void;
  /** Where the ACS finds the door, and whether a NAT stands before it. */
  onAddress: (address: string, natDetected: boolean) => void;
  limit: KnockLimit;
  clock: CwmpClock;
  log: CwmpLog;
};

/** Between tries to open the door while the server's name or the network is not there. */
const reopenAfter = 60_000;
/** Clocks of ACS and box may differ so far before a request counts as an old recording. */
const largestSkew = 3600;
/** 2025: before it the box has no clock. */
const clockIsSet = 1_735_689_600_000;

/**
 * Lets the ACS ask for a session by one UDP datagram, through a NAT that is kept open with STUN (TR-069 Annex G). What is
 * no signed request of the ACS is passed over in silence.
 */
export class UdpDoor {
  readonly #options: UdpDoorOptions;
  #awaited: Socket | undefined;
  #other: Socket | undefined;
  #server: UdpAddress | undefined;
  #local = "";
  #binding: Binding | undefined;
  #transaction = Buffer.alloc(0);
  #signed = false;
  #accepted: Accepted | undefined;
  #cancel = (): void => {};
  #closed = false;

  constructor(options: UdpDoorOptions) {
    this.#options = options;
  }

  /** Opens the door in the background; it stays open, whatever happens to the server, until `close`. */
  open(): void {
    void this.#open().catch((error: unknown) => {
      this.#options.log.warn(
        { reason: error instanceof Error ? error.message : String(error) },
        "cwmp: no way to the STUN server yet",
      );
      this.#shut();
      if (!this.#closed) this.#cancel = this.#options.clock.after(reopenAfter, () => this.open());
    });
  }

  close(): void {
    this.#closed = true;
    this.#shut();
  }

  #shut(): void {
    this.#cancel();
    this.#awaited?.close();
    this.#other?.close();
    this.#awaited = undefined;
    this.#other = undefined;
  }

  async #open(): Promise<void> {
    const { host, settings } = this.#options;
    const { address } = await lookup(settings.host);
    this.#server = { address, port: settings.port };
    this.#local = (await localAddressTowards(address)) ?? "";
    if (this.#closed) return;
    const type = isIPv6(address) ? "udp6" : "udp4";
    const any = isIPv6(host) === isIPv6(address) ? host : undefined;
    this.#awaited = await bound(createSocket(type), any);
    this.#other = await bound(createSocket(type), any);
    if (this.#closed) {
      this.#shut();
      return;
    }
    this.#awaited.on("message", (bytes, sender) => this.#heard(bytes, sender));
    this.#other.on("message", (bytes) => this.#heardElsewhere(bytes));
    for (const socket of [this.#awaited, this.#other]) {
      socket.unref();
      socket.on("error", (error) => this.#options.log.debug({ error }, "cwmp: the UDP door"));
    }
    const started = startBinding(keepAliveLimits(settings.minimumPeriod, settings.maximumPeriod));
    this.#follow(started);
  }

  #step(event: BindingEvent): void {
    if (this.#binding !== undefined && this.#awaited !== undefined)
      this.#follow(stepBinding(this.#binding, event));
  }

  #follow({ binding, effects }: { binding: Binding; effects: BindingEffect[] }): void {
    this.#binding = binding;
    for (const effect of effects) this.#do(effect);
  }

  #do(effect: BindingEffect): void {
    const { clock } = this.#options;
    switch (effect.do) {
      case "ask":
        this.#ask(effect.changed);
        break;
      case "try":
        this.#send(this.#other, { kind: "request", transaction: this.#begin(), answerTo: effect.answerTo });
        break;
      case "await":
        this.#cancel();
        this.#cancel = clock.after(effect.time, () => this.#step({ event: "timed-out" }));
        break;
      case "wait":
        this.#cancel();
        this.#cancel = clock.after(effect.time, () => this.#step({ event: "due" }));
        break;
      case "publish":
        this.#publish(effect.mapped);
        break;
    }
  }

  #begin(): Uint8Array {
    this.#transaction = randomBytes(16);
    return this.#transaction;
  }

  /** A signed answer to a challenge is the same transaction's second try, so it gets another number too (RFC 3489 §9.3). */
  #ask(changed: boolean): void {
    const { username } = this.#options.settings;
    this.#send(this.#awaited, {
      kind: "request",
      transaction: this.#begin(),
      connectionRequest: true,
      ...(username === "" ? {} : { username }),
      ...(changed ? { changed } : {}),
    });
  }

  #send(socket: Socket | undefined, message: StunMessage): void {
    const server = this.#server;
    if (server === undefined) return;
    const bytes = encodeStun(message, this.#signed ? this.#sign : undefined);
    // A datagram that cannot be sent is one that gets lost.
    socket?.send(bytes, server.port, server.address, () => undefined);
  }

  readonly #sign = (text: Uint8Array): Uint8Array =>
    createHmac("sha1", this.#options.settings.password).update(text).digest();

  #heard(bytes: Buffer, sender: RemoteInfo): void {
    if (bytes[0] === 0x47) {
      this.#knocked(bytes, sender);
      return;
    }
    const message = decodeStun(bytes);
    if (message === undefined || !this.#transaction.equals(message.transaction)) return;
    if (message.kind === "response") this.#step({ event: "answered", mapped: message.mapped });
    else if (message.error?.code === 401 && !this.#signed && this.#options.settings.password !== "") {
      // Annex G: integrity is for servers that ask for it.
      this.#signed = true;
      this.#ask(false);
    }
  }

  /** An answer to the asking port instead of the awaited one: the server cannot help to try. */
  #heardElsewhere(bytes: Buffer): void {
    const message = decodeStun(bytes);
    if (message !== undefined && this.#transaction.equals(message.transaction))
      this.#step({ event: "cannot-try" });
  }

  #knocked(bytes: Buffer, { address }: RemoteInfo): void {
    const { clock, credentials, limit, log, onRequest } = this.#options;
    const now = clock.now();
    const request = decodeUdpRequest(bytes.toString("latin1"));
    const { password, username } = credentials();
    if (request === undefined || password === "" || request.username !== username) return;
    if (limit.isReached(now)) return;
    const expected = createHmac("sha1", password).update(signedText(request)).digest();
    if (!timingSafeEqual(expected, Buffer.from(request.signature, "hex"))) {
      limit.refuse(now);
      log.warn({ from: address }, "cwmp: a UDP connection request with a wrong signature");
      return;
    }
    if (now > clockIsSet && Math.abs(now / 1000 - request.timestamp) > largestSkew) {
      log.warn({ from: address }, "cwmp: a UDP connection request of another time");
      return;
    }
    const accepted = acceptOnce(this.#accepted, request);
    if (accepted === undefined) return;
    this.#accepted = accepted;
    limit.accept(now);
    onRequest();
  }

  #publish({ address, port }: UdpAddress): void {
    const mine = this.#awaited?.address().port;
    const host = address.includes(":") ? `[${address}]` : address;
    // TR-181 UDPConnectionRequestAddress: the port may be left out when it is 80.
    this.#options.onAddress(`${host}:${port}`, address !== this.#local || port !== mine);
  }
}

async function bound(socket: Socket, host: string | undefined): Promise<Socket> {
  const { promise, reject, resolve } = Promise.withResolvers<void>();
  socket.once("error", reject);
  socket.bind({ port: 0, ...(host === undefined ? {} : { address: host }) }, resolve);
  await promise;
  socket.off("error", reject);
  return socket;
}
