/** STUN as TR-069 Annex G uses it: RFC 3489, of which binding requests and their answers, with two attributes of its own. */

export type UdpAddress = { address: string; port: number };

export type StunMessage = {
  kind: "request" | "response" | "error";
  /** 16 bytes that an answer repeats. */
  transaction: Uint8Array;
  /** The sender of a request as the server saw it. */
  mapped?: UdpAddress;
  /** Where the server shall send its answer, if not to the sender (RFC 3489 §11.2.2). */
  answerTo?: UdpAddress;
  username?: string;
  /** Sent from the port where connection requests are awaited (Annex G: CONNECTION-REQUEST-BINDING). */
  connectionRequest?: true;
  /** The binding is another than before (Annex G: BINDING-CHANGE). */
  changed?: true;
  error?: { code: number; reason: string };
};

/** A message off the wire; `signed` is what its integrity attribute was computed from. */
export type ReceivedStun = StunMessage & { integrity?: { mac: Uint8Array; signed: Uint8Array } };

/** HMAC-SHA1 under the key of the sender. */
export type Sign = (text: Uint8Array) => Uint8Array;

const kinds = { request: 0x0001, response: 0x0101, error: 0x0111 } as const;
const attribute = {
  mappedAddress: 0x0001,
  responseAddress: 0x0002,
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  xorMappedAddress: 0x0020,
  xorMappedAddressDraft: 0x8020,
  connectionRequestBinding: 0xc001,
  bindingChange: 0xc002,
} as const;

const headerLength = 20;
const macLength = 20;
/** RFC 3489 messages fit one datagram of the smallest usual size. */
const longestMessage = 548;
/** Annex G: the value that tells this use of STUN from every other; 20 bytes, the last a space. */
const bindingMark = "dslforum.org/TR-111 ";

/** Writes one message; with `sign` it carries MESSAGE-INTEGRITY. */
export function encodeStun(message: StunMessage, sign?: Sign): Uint8Array {
  const parts: Uint8Array[] = [];
  const add = (type: number, value: Uint8Array): void => {
    parts.push(Uint8Array.of(type >> 8, type & 255, value.length >> 8, value.length & 255), value);
  };
  const { answerTo, changed, connectionRequest, error, mapped, username } = message;
  if (mapped !== undefined) add(attribute.mappedAddress, encodeAddress(mapped));
  if (answerTo !== undefined) add(attribute.responseAddress, encodeAddress(answerTo));
  if (connectionRequest === true) add(attribute.connectionRequestBinding, ascii(bindingMark));
  if (changed === true) add(attribute.bindingChange, new Uint8Array());
  // RFC 3489 §11.2.6: a multiple of four bytes; Annex G pads with spaces.
  if (username !== undefined) add(attribute.username, ascii(username.padEnd(fourfold(username.length), " ")));
  if (error !== undefined) {
    const { code, reason } = error;
    const words = ascii(reason.padEnd(fourfold(reason.length), " "));
    add(attribute.errorCode, join([Uint8Array.of(0, 0, Math.floor(code / 100), code % 100), words]));
  }
  const body = join(parts);
  const length = body.length + (sign === undefined ? 0 : 4 + macLength);
  const kind = kinds[message.kind];
  const header = Uint8Array.of(kind >> 8, kind & 255, length >> 8, length & 255, ...message.transaction);
  const text = join([header, body]);
  if (sign === undefined) return text;
  return join([text, Uint8Array.of(0, attribute.messageIntegrity, 0, macLength), sign(padded(text))]);
}

/** Reads one message; undefined for anything that is not one of ours. Attributes that are not known are passed over. */
export function decodeStun(bytes: Uint8Array): ReceivedStun | undefined {
  if (bytes.length < headerLength || bytes.length > longestMessage) return undefined;
  const type = word(bytes, 0);
  const kind = (Object.keys(kinds) as (keyof typeof kinds)[]).find((name) => kinds[name] === type);
  if (kind === undefined || word(bytes, 2) !== bytes.length - headerLength) return undefined;
  const message: ReceivedStun = { kind, transaction: copied(bytes.subarray(4, headerLength)) };
  for (let at = headerLength; at < bytes.length;) {
    const length = word(bytes, at + 2);
    const start = at + 4;
    if (start + length > bytes.length) return undefined;
    const value = bytes.subarray(start, start + length);
    if (!take(message, word(bytes, at), value, bytes.subarray(0, at))) return undefined;
    at = start + fourfold(length);
  }
  return message;
}

function take(message: ReceivedStun, type: number, value: Uint8Array, before: Uint8Array): boolean {
  switch (type) {
    case attribute.mappedAddress: {
      const mapped = decodeAddress(value);
      if (mapped !== undefined) message.mapped ??= mapped;
      return mapped !== undefined;
    }
    case attribute.xorMappedAddress:
    case attribute.xorMappedAddressDraft: {
      const mapped = decodeAddress(unmasked(value, message.transaction));
      if (mapped !== undefined) message.mapped = mapped;
      return mapped !== undefined;
    }
    case attribute.responseAddress: {
      const answerTo = decodeAddress(value);
      if (answerTo !== undefined) message.answerTo = answerTo;
      return answerTo !== undefined;
    }
    case attribute.username:
      message.username = text(value).trimEnd();
      return true;
    case attribute.connectionRequestBinding:
      if (text(value) === bindingMark) message.connectionRequest = true;
      return true;
    case attribute.bindingChange:
      message.changed = true;
      return true;
    case attribute.errorCode:
      if (value.length < 4) return false;
      message.error = {
        code: ((value[2] ?? 0) & 7) * 100 + (value[3] ?? 0),
        reason: text(value.subarray(4)).trimEnd(),
      };
      return true;
    case attribute.messageIntegrity:
      if (value.length !== macLength) return false;
      message.integrity = { mac: copied(value), signed: padded(before) };
      return true;
    default:
      return true;
  }
}

/** RFC 3489 §11.2.8: what precedes the attribute, filled up with zeroes to a multiple of 64 bytes. */
function padded(bytes: Uint8Array): Uint8Array {
  const full = new Uint8Array(Math.ceil(bytes.length / 64) * 64);
  full.set(bytes);
  return full;
}

function encodeAddress({ address, port }: UdpAddress): Uint8Array {
  const bytes = addressBytes(address);
  return join([Uint8Array.of(0, bytes.length === 4 ? 1 : 2, port >> 8, port & 255), bytes]);
}

function decodeAddress(value: Uint8Array): UdpAddress | undefined {
  const bytes = value.subarray(4);
  const family = value[1];
  const port = word(value, 2);
  if (family === 1 && bytes.length === 4) return { address: [...bytes].join("."), port };
  if (family !== 2 || bytes.length !== 16) return undefined;
  const groups = Array.from({ length: 8 }, (_, index) => word(bytes, index * 2).toString(16));
  return { address: groups.join(":"), port };
}

function addressBytes(address: string): Uint8Array {
  if (!address.includes(":")) return Uint8Array.from(address.split("."), Number);
  const [head = "", tail] = address.split("::");
  const groups = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const [before, after] = [groups(head), groups(tail ?? "")];
  const zeroes = Array.from({ length: 8 - before.length - after.length }, () => 0);
  const all = [...before, ...zeroes, ...after];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 255]));
}

/** RFC 5389 §15.2: masked with what stands where its magic number would, so that no gateway "corrects" it. */
function unmasked(value: Uint8Array, transaction: Uint8Array): Uint8Array {
  const plain = copied(value);
  for (let index = 2; index < plain.length; index += 1) {
    const key = transaction[index < 4 ? index - 2 : index - 4] ?? 0;
    plain[index] = (plain[index] ?? 0) ^ key;
  }
  return plain;
}

/** A runtime's own kind of bytes may share its memory with a slice. */
const copied = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes);
const word = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
const fourfold = (length: number): number => Math.ceil(length / 4) * 4;
const ascii = (words: string): Uint8Array => Uint8Array.from(words, (char) => char.charCodeAt(0) & 255);
const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

function join(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
