/**
 * TFTP as a server that only gives (RFC 1350), with the options block size, time-out, size (RFC 2347 to 2349) and window
 * (RFC 7440): codec, and one transfer as a machine.
 */

export type Request = { filename: string; options: ReadonlyMap<string, string> };
export type Packet =
  | ({ op: "read" } & Request)
  | { op: "write" }
  | { op: "acknowledge"; block: number }
  | { op: "error"; code: number; message: string }
  | { op: "data" }
  | { op: "options" };

const operations = { read: 1, write: 2, data: 3, acknowledge: 4, error: 5, options: 6 } as const;
const longestName = 255;

/** Reads what a client sends; undefined for anything that is no packet of TFTP. */
export function decodePacket(bytes: Uint8Array): Packet | undefined {
  const packet = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (packet.length < 4) return undefined;
  switch (packet.readUInt16BE(0)) {
    case operations.read:
      return decodeRequest(packet);
    case operations.write:
      return { op: "write" };
    case operations.data:
      return { op: "data" };
    case operations.acknowledge:
      return { op: "acknowledge", block: packet.readUInt16BE(2) };
    case operations.error:
      return { op: "error", code: packet.readUInt16BE(2), message: textAt(packet, 4) };
    case operations.options:
      return { op: "options" };
    default:
      return undefined;
  }
}

function decodeRequest(packet: Buffer): Packet | undefined {
  if (packet.at(-1) !== 0 || packet.length > 1024) return undefined;
  const [filename = "", mode = "", ...rest] = packet.toString("latin1", 2, packet.length - 1).split("\0");
  if (filename === "" || filename.length > longestName || mode.toLowerCase() !== "octet") return undefined;
  const options = new Map<string, string>();
  for (let index = 0; index + 1 < rest.length; index += 2)
    options.set((rest[index] ?? "").toLowerCase(), rest[index + 1] ?? "");
  return { op: "read", filename, options };
}

function textAt(packet: Buffer, start: number): string {
  return packet
    .toString("latin1", start)
    .replace(/\0[^]*$/, "")
    .slice(0, longestName);
}

export function encodeError(code: 0 | 1 | 2 | 4, message: string): Uint8Array {
  return Buffer.concat([words(operations.error, code), Buffer.from(`${message}\0`, "latin1")]);
}

function encodeData(block: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([words(operations.data, block), content]);
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, index) => bytes.writeUInt16BE(value, 2 * index));
  return bytes;
}

export type Transfer = {
  content: Uint8Array;
  blockSize: number;
  /** blocks on the way at once */
  window: number;
  retryMs: number;
  /** what the client asked for that we do; sent before any block */
  agreed: Uint8Array | undefined;
  /** blocks that the client has, counted from the file's start */
  got: number;
  /** retransmissions since the last progress */
  silent: number;
  state: "agreeing" | "sending" | "done" | "failed";
};

export type TransferStep = { transfer: Transfer; send: Uint8Array[] };

const patience = 8;

/** A transfer that was just asked for, and the first packets of it. */
export function beginTransfer(content: Uint8Array, options: ReadonlyMap<string, string>): TransferStep {
  const wanted = (name: string, least: number, most: number): number | undefined => {
    const text = options.get(name);
    if (text === undefined || !/^\d{1,9}$/.test(text) || Number(text) < least) return undefined;
    return Math.min(Number(text), most);
  };
  // An Ethernet frame's worth: what is larger comes in fragments, which boot loaders do not put together.
  const blockSize = wanted("blksize", 8, 1468);
  const window = wanted("windowsize", 1, 64);
  const timeout = wanted("timeout", 1, 30);
  const answers = [
    ["blksize", blockSize],
    ["windowsize", window],
    ["timeout", timeout],
    ["tsize", options.has("tsize") ? content.length : undefined],
  ].filter((answer) => answer[1] !== undefined);
  const agreed =
    answers.length === 0
      ? undefined
      : Buffer.concat([
          words(operations.options),
          Buffer.from(answers.map(([name, value]) => `${name}\0${value}\0`).join(""), "latin1"),
        ]);
  const transfer: Transfer = {
    content,
    blockSize: blockSize ?? 512,
    window: window ?? 1,
    retryMs: timeout === undefined ? 1000 : timeout * 1000,
    agreed,
    got: 0,
    silent: 0,
    state: agreed ? "agreeing" : "sending",
  };
  return { transfer, send: agreed ? [agreed] : windowOf(transfer) };
}

/** The client has a block. Block numbers are 16 bits and start again at 0 in long files. */
export function acknowledge(transfer: Transfer, block: number): TransferStep {
  if (transfer.state === "done" || transfer.state === "failed") return { transfer, send: [] };
  if (transfer.state === "agreeing") {
    if (block !== 0) return { transfer, send: [] };
    const sending: Transfer = { ...transfer, state: "sending", silent: 0 };
    return { transfer: sending, send: windowOf(sending) };
  }
  const ahead = (block - transfer.got) & 0xffff;
  // An older block again: the client missed the rest of a window, or our last packet; the timer repeats it.
  if (ahead === 0 || ahead > transfer.window) return { transfer, send: [] };
  const got = transfer.got + ahead;
  if (got >= blockCount(transfer)) return { transfer: { ...transfer, got, state: "done" }, send: [] };
  const next: Transfer = { ...transfer, got, silent: 0 };
  return { transfer: next, send: windowOf(next) };
}

/** Nothing came for `retryMs`: says it again, a few times. */
export function repeat(transfer: Transfer): TransferStep {
  if (transfer.state === "done" || transfer.state === "failed") return { transfer, send: [] };
  if (transfer.silent >= patience) return { transfer: { ...transfer, state: "failed" }, send: [] };
  const next = { ...transfer, silent: transfer.silent + 1 };
  return { transfer: next, send: next.state === "agreeing" && next.agreed ? [next.agreed] : windowOf(next) };
}

/** Bytes of the file that the client has. */
export function bytesGot({ content, got, blockSize }: Transfer): number {
  return Math.min(content.length, got * blockSize);
}

// A file ends with a block that is not full, were it an empty one.
function blockCount({ content, blockSize }: Transfer): number {
  return Math.floor(content.length / blockSize) + 1;
}

function windowOf(transfer: Transfer): Uint8Array[] {
  const { content, blockSize, got, window } = transfer;
  const last = Math.min(got + window, blockCount(transfer));
  return Array.from({ length: last - got }, (_, index) => {
    const start = (got + index) * blockSize;
    return encodeData((got + index + 1) & 0xffff, content.subarray(start, start + blockSize));
  });
}
