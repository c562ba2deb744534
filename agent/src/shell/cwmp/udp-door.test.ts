import { createHmac, randomBytes } from "node:crypto";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  decodeStun,
  encodeStun,
  encodeUdpRequest,
  type ReceivedStun,
  signedText,
} from "../../core/cwmp/index.ts";
import { KnockLimit } from "./knock-limit.ts";
import { UdpDoor } from "./udp-door.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const localhost = "127.0.0.1";
const listen = async (onMessage: (bytes: Buffer, sender: RemoteInfo) => void): Promise<Socket> => {
  const socket = createSocket("udp4", onMessage);
  await new Promise<void>((bound) => void socket.bind(0, localhost, bound));
  return socket;
};

/** A gateway that gives each inside port one of its own, and answers from outside only where a way was opened. */
class Nat {
  readonly #outside = new Map<number, Socket>();
  readonly #inside: Socket;
  readonly #server: () => number;

  private constructor(inside: Socket, server: () => number) {
    this.#inside = inside;
    this.#server = server;
  }

  static async open(server: () => number): Promise<Nat> {
    let nat: Nat | undefined;
    const inside = await listen((bytes, sender) => void nat?.out(bytes, sender.port));
    nat = new Nat(inside, server);
    return nat;
  }

  /** Where the box believes the server to be. */
  get port(): number {
    return this.#inside.address().port;
  }

  async out(bytes: Buffer, port: number): Promise<void> {
    let socket = this.#outside.get(port);
    if (socket === undefined) {
      socket = await listen((answer) => this.#inside.send(answer, port, localhost));
      this.#outside.set(port, socket);
    }
    socket.send(bytes, this.#server(), localhost);
  }

  /** The gateway restarts. */
  forget(): void {
    for (const socket of this.#outside.values()) socket.close();
    this.#outside.clear();
  }

  close(): void {
    this.forget();
    this.#inside.close();
  }
}

describe("the door through a NAT (TR-069 Annex G)", () => {
  const credentials = { username: "acs", password: "knock secret" };
  let asked: ReceivedStun[];
  let knocks: number;
  let addresses: { address: string; natDetected: boolean }[];
  let timers: { task: () => void; wait: number }[];
  let now: number;
  let password: string;
  let server: Socket;
  let nat: Nat;
  let door: UdpDoor;

  beforeEach(async () => {
    [asked, knocks, addresses, timers, now, password] = [[], 0, [], [], 1_800_000_000_000, ""];
    server = await listen((bytes, sender) => {
      const request = decodeStun(bytes);
      if (request === undefined) return;
      asked.push(request);
      const { transaction } = request;
      const proven =
        request.integrity !== undefined &&
        createHmac("sha1", password).update(request.integrity.signed).digest().equals(request.integrity.mac);
      const refusal = { kind: "error", transaction, error: { code: 401, reason: "Unauthorized" } } as const;
      const mapped = { address: localhost, port: sender.port };
      const answer = encodeStun(
        password !== "" && !proven ? refusal : { kind: "response", transaction, mapped },
      );
      server.send(answer, request.answerTo?.port ?? sender.port, localhost);
    });
    nat = await Nat.open(() => server.address().port);
    door = makeDoor();
    door.open();
  });
  afterEach(() => {
    door.close();
    nat.close();
    server.close();
  });

  const makeDoor = (stunPassword = ""): UdpDoor =>
    new UdpDoor({
      host: localhost,
      settings: {
        host: localhost,
        port: nat.port,
        username: "stun user",
        password: stunPassword,
        maximumPeriod: 30,
        minimumPeriod: 30,
      },
      credentials: () => credentials,
      onRequest: () => (knocks += 1),
      onAddress: (address, natDetected) => addresses.push({ address, natDetected }),
      limit: new KnockLimit(),
      clock: {
        now: () => now,
        after(wait, task) {
          const timer = { wait, task };
          timers.push(timer);
          return () => (timers = timers.filter((other) => other !== timer));
        },
      },
      log: silent,
    });
  /** The pause until the next request is over. */
  const pauseEnds = async (): Promise<void> => {
    await expect.poll(() => timers.map(({ wait }) => wait)).toEqual([30_000]);
    timers.shift()?.task();
  };
  const place = (): number => Number(addresses.at(-1)?.address.split(":")[1]);
  const request = (
    change: Partial<Parameters<typeof signedText>[0]> = {},
    key = credentials.password,
  ): string => {
    const fields = {
      timestamp: Math.floor(now / 1000),
      id: 7,
      username: credentials.username,
      cnonce: randomBytes(6).toString("hex"),
      ...change,
    };
    const signature = createHmac("sha1", key).update(signedText(fields)).digest("hex");
    return encodeUdpRequest("box", { ...fields, signature });
  };
  const knock = (datagram: string): void => server.send(datagram, place(), localhost);
  /** After it, whatever came before has been heard. */
  const heard = async (): Promise<void> => {
    const before = asked.length;
    await pauseEnds();
    await expect.poll(() => asked.length).toBeGreaterThan(before);
    await expect.poll(() => timers.map(({ wait }) => wait)).toEqual([30_000]);
  };

  it("learns its address outside, and asks from the port that it opens", async () => {
    await expect.poll(() => addresses).toHaveLength(1);
    expect(addresses[0]).toMatchObject({ natDetected: true });
    expect(asked[0]).toMatchObject({ kind: "request", connectionRequest: true, username: "stun user" });
    expect(asked[0]).not.toHaveProperty("integrity");
    knock(request());
    await expect.poll(() => knocks).toBe(1);
  });

  it("sees that there is no gateway", async () => {
    await expect.poll(() => addresses).toHaveLength(1);
    door.close();
    const direct = new UdpDoor({
      host: localhost,
      settings: {
        host: localhost,
        port: server.address().port,
        username: "",
        password: "",
        maximumPeriod: 30,
        minimumPeriod: 30,
      },
      credentials: () => credentials,
      onRequest: () => undefined,
      onAddress: (address, natDetected) => addresses.push({ address, natDetected }),
      limit: new KnockLimit(),
      clock: { now: () => now, after: () => () => {} },
      log: silent,
    });
    direct.open();
    await expect.poll(() => addresses).toHaveLength(2);
    direct.close();
    expect(addresses[1]).toMatchObject({ natDetected: false });
    expect(asked.at(-1)).not.toHaveProperty("username");
  });

  it("proves itself to a server that asks, and goes on doing so", async () => {
    await expect.poll(() => addresses).toHaveLength(1);
    door.close();
    password = "stun secret";
    timers = [];
    door = makeDoor(password);
    door.open();
    await expect.poll(() => addresses).toHaveLength(2);
    expect(asked.at(-1)).toHaveProperty("integrity");
    await heard();
    expect(asked.at(-1)).toHaveProperty("integrity");
    expect(asked.filter(({ integrity }) => integrity === undefined)).toHaveLength(2);
  });

  it("finds and tells the new way after the gateway forgot the old", async () => {
    await expect.poll(() => addresses).toHaveLength(1);
    nat.forget();
    await pauseEnds();
    await expect.poll(() => addresses).toHaveLength(2);
    expect(addresses[1]?.address).not.toBe(addresses[0]?.address);
    await expect.poll(() => asked.some(({ changed }) => changed === true)).toBe(true);
    knock(request());
    await expect.poll(() => knocks).toBe(1);
  });

  it("hears each request once: neither copies nor recordings", async () => {
    await expect.poll(() => addresses).toHaveLength(1);
    const first = request();
    for (let copy = 0; copy < 3; copy += 1) knock(first);
    await heard();
    expect(knocks).toBe(1);
    now += 60_000;
    knock(request({ id: 8 }));
    knock(first);
    await heard();
    expect(knocks).toBe(2);
  });

  it.each([
    ["another user", () => request({ username: "stranger" })],
    ["another key", () => request({}, "guess")],
    ["an old recording after a restart", () => request({ timestamp: Math.floor(now / 1000) - 7200 })],
    ["noise", () => "GET / HTTP/1.1\r\n\r\n"],
  ])("does not hear %s", async (_name, datagram) => {
    await expect.poll(() => addresses).toHaveLength(1);
    knock(datagram());
    await heard();
    expect(knocks).toBe(0);
  });

  it("hears nobody whose password is not set, and no more than twenty in a minute", async () => {
    await expect.poll(() => addresses).toHaveLength(1);
    credentials.password = "";
    knock(request({}, ""));
    await heard();
    expect(knocks).toBe(0);
    credentials.password = "knock secret";
    for (let id = 1; id <= 30; id += 1) knock(request({ id }));
    await heard();
    expect(knocks).toBe(20);
  });
});
