import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** Where a conversation is cut: after so many bytes that went up (to the ACS) or down (to the device). */
export type Cut = { direction: "up" | "down"; byte: number };

/** A wire between a device and its ACS that is cut once, both ways at the same instant, and whole again afterwards. */
export class CutRelay {
  /** Bytes that have passed. */
  readonly passed = { up: 0, down: 0 };
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #cut: Cut | undefined;

  constructor(port: number, cut: Cut | undefined) {
    this.#cut = cut;
    this.#server = createServer((device) => {
      const acs = connect({ host: "127.0.0.1", port });
      const ends = [device, acs];
      for (const end of ends) {
        this.#sockets.add(end);
        end.setNoDelay(true);
        end.on("error", () => undefined);
        end.on("close", () => {
          this.#sockets.delete(end);
          for (const other of ends) other.destroy();
        });
      }
      device.on("data", (bytes: Buffer) => this.#pass("up", bytes, acs, ends));
      acs.on("data", (bytes: Buffer) => this.#pass("down", bytes, device, ends));
    });
  }

  async listen(): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.listen(0, "127.0.0.1", resolve);
    await promise;
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    for (const socket of this.#sockets) socket.destroy();
    await promise;
  }

  #pass(direction: Cut["direction"], bytes: Buffer, to: Socket, ends: Socket[]): void {
    const cut = this.#cut?.direction === direction ? this.#cut : undefined;
    const room = cut === undefined ? bytes.length : cut.byte - this.passed[direction];
    const rest = bytes.subarray(0, room);
    this.passed[direction] += rest.length;
    if (cut === undefined || this.passed[direction] < cut.byte) {
      to.write(rest);
      return;
    }
    this.#cut = undefined;
    // What had passed arrives; then both ends see their connection go.
    const sever = (): void => {
      for (const end of ends) end.destroy();
    };
    if (rest.length > 0) to.write(rest, sever);
    else sever();
  }
}
