import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { FlashError } from "../problem.ts";
import {
  acknowledge,
  beginTransfer,
  bytesGot,
  decodePacket,
  encodeError,
  repeat,
  type Transfer,
  type TransferStep,
} from "./tftp.ts";

export type FileServer = {
  readonly port: number;
  /**
   * Offers a file: nothing else is served, and nothing is ever taken.
   * @param progress told how many bytes the board has
   * @returns takes the file away again
   */
  offer(name: string, content: Uint8Array, progress?: (bytes: number) => void): () => void;
  /** Addresses of this machine that a board may reach; those of the board's own network first. */
  addresses(board: { address: string; netmask: string }): string[];
  close(): Promise<void>;
};

// Boards at one bench; another waits for its next try.
const mostTransfers = 16;

/**
 * A TFTP server for the boards of a bench.
 * @param port 69 is what boot loaders ask; below 1024 needs the right to it
 * @throws FlashError `NETWORK_DENIED`, `NETWORK_BUSY`
 */
export async function startFileServer(port = 69): Promise<FileServer> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve, reject) => {
    socket.once("error", (cause: NodeJS.ErrnoException) =>
      reject(
        new FlashError(
          cause.code === "EADDRINUSE" ? "NETWORK_BUSY" : "NETWORK_DENIED",
          { port, reason: cause.code ?? cause.message },
          { cause },
        ),
      ),
    );
    socket.bind(port, () => resolve());
  });
  const transfers = new Set<Conversation>();
  const offers = new Map<string, { content: Uint8Array; progress: (bytes: number) => void }>();
  socket.on("error", () => undefined);
  socket.on("message", (bytes, client) => {
    const packet = decodePacket(bytes);
    const refuse = (code: 1 | 2 | 4, message: string) =>
      socket.send(encodeError(code, message), client.port, client.address);
    if (packet?.op === "write") return refuse(2, "read only");
    if (packet?.op !== "read") return undefined;
    const offered = offers.get(packet.filename);
    if (!offered) return refuse(1, "no such file");
    if (transfers.size >= mostTransfers) return refuse(2, "busy");
    const conversation = new Conversation(
      client,
      beginTransfer(offered.content, packet.options),
      offered.progress,
      () => transfers.delete(conversation),
    );
    transfers.add(conversation);
    return undefined;
  });
  return {
    port: socket.address().port,
    addresses: serverAddresses,
    offer(name, content, progress = () => undefined) {
      offers.set(name, { content, progress });
      return () => void offers.delete(name);
    },
    async close() {
      for (const transfer of transfers) transfer.end();
      await new Promise<void>((resolve) => {
        socket.close(() => resolve());
      });
    },
  };
}

/** One client: a socket, and so a port, of its own (RFC 1350 §4). */
class Conversation {
  readonly #socket: Socket = createSocket("udp4");
  readonly #client: RemoteInfo;
  readonly #progress: (bytes: number) => void;
  readonly #ended: () => void;
  #transfer: Transfer;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: RemoteInfo, first: TransferStep, progress: (bytes: number) => void, ended: () => void) {
    this.#client = client;
    this.#progress = progress;
    this.#ended = ended;
    this.#transfer = first.transfer;
    this.#socket.on("error", () => this.end());
    this.#socket.on("message", (bytes, from) => this.#hear(bytes, from));
    this.#take(first);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#socket.removeAllListeners("message");
    this.#socket.close();
    this.#ended();
  }

  #hear(bytes: Uint8Array, from: RemoteInfo): void {
    if (from.port !== this.#client.port || from.address !== this.#client.address) return;
    const packet = decodePacket(bytes);
    if (packet?.op === "error") this.end();
    else if (packet?.op === "acknowledge") this.#take(acknowledge(this.#transfer, packet.block));
  }

  #take({ transfer, send }: TransferStep): void {
    const moved = transfer !== this.#transfer;
    this.#transfer = transfer;
    for (const packet of send) this.#socket.send(packet, this.#client.port, this.#client.address);
    if (moved) this.#progress(bytesGot(transfer));
    if (transfer.state === "done" || transfer.state === "failed") return this.end();
    if (!moved && send.length === 0) return undefined;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#take(repeat(this.#transfer)), transfer.retryMs);
    return undefined;
  }
}

/** Addresses of this machine that a board may reach; those of the board's own network first. */
export function serverAddresses(board?: { address: string; netmask: string }): string[] {
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === "IPv4" && !internal)
    .map(({ address }) => address);
  const near = (address: string): boolean =>
    board !== undefined &&
    (number(address) & number(board.netmask)) === (number(board.address) & number(board.netmask));
  return own.toSorted((one, other) => Number(near(other)) - Number(near(one)));
}

function number(address: string): number {
  return address.split(".").reduce((sum, part) => (sum << 8) | Number(part), 0);
}
