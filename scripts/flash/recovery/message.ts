// As in scripts/firmware/board-image/recovery/session.h, which says what each message means.

/** Kinds of questions; an answer has the highest bit too. */
export const kinds = {
  open: 1,
  speed: 2,
  test: 3,
  keep: 4,
  data: 5,
  survey: 6,
  digest: 7,
  end: 8,
} as const;
export type Kind = keyof typeof kinds;

/** Version of the protocol that both sides must speak. */
export const version = 1;
/** Most blocks that one survey asks for. */
export const surveyMost = 128;
/** Bytes of a block's SHA-256 that a survey answers with. */
export const surveyBytes = 8;

const answerBit = 0x80;
const headBytes = 3;

/** What the station says; numbers are unsigned. */
export type Question =
  | { kind: "open" | "keep" | "end" }
  | { kind: "speed"; baudRate: number }
  | { kind: "test"; pattern: Uint8Array }
  | { kind: "data"; number: number; bytes: Uint8Array }
  | { kind: "survey"; offset: number; block: number; count: number }
  | { kind: "digest"; offset: number; length: number };

/** What a board with the recovery image says. */
export type Answer =
  | { kind: "open"; session: number; info: BoardInfo }
  | { kind: "keep" | "end" }
  | { kind: "speed"; baudRate: number }
  | { kind: "test"; pattern: Uint8Array }
  | ({ kind: "data" } & Receipt)
  | { kind: "survey"; offset: number; hashes: readonly string[] }
  | { kind: "digest"; offset: number; length: number; found: Digest | undefined };

export type BoardInfo = {
  version: number;
  /** parts that may be under way, and most bytes of one */
  parts: number;
  partBytes: number;
  baudRate: number;
  diskBytes: number;
  /** the part of the stream that it waits for, and why it takes none */
  next: number;
  problem: number;
  /** hardware profile that the image was made for */
  profile: string;
};

/** What has arrived: all parts before `next`, and `next + 1 + n` where bit n of `ahead` is set. */
export type Receipt = { next: number; ahead: number; problem: number };

/** Of what the medium holds; hexadecimal. */
export type Digest = { crc32: string; sha256: string };

/** Content of a frame. */
export function encodeQuestion(session: number, question: Question): Uint8Array {
  const head = Buffer.alloc(headBytes);
  head.writeUInt8(kinds[question.kind], 0);
  head.writeUInt16LE(session, 1);
  return Buffer.concat([head, bodyOf(question)]);
}

function bodyOf(question: Question): Uint8Array {
  switch (question.kind) {
    case "open":
      return Uint8Array.of(version);
    case "keep":
    case "end":
      return new Uint8Array(0);
    case "speed":
      return numbers([4, question.baudRate]);
    case "test":
      return question.pattern;
    case "data":
      return Buffer.concat([numbers([4, question.number]), question.bytes]);
    case "survey":
      return numbers([8, question.offset], [4, question.block], [2, question.count]);
    case "digest":
      break;
  }
  return numbers([8, question.offset], [4, question.length]);
}

/** Numbers of so many bytes each, little endian. */
export function numbers(...fields: readonly (readonly [1 | 2 | 4 | 8, number])[]): Buffer {
  return Buffer.concat(
    fields.map(([bytes, value]) => {
      const field = Buffer.alloc(8);
      field.writeBigUInt64LE(BigInt(value));
      return field.subarray(0, bytes);
    }),
  );
}

/** @returns undefined for what is no answer, or of another session; a board introduces itself in session 0 */
export function decodeAnswer(content: Uint8Array, session: number): Answer | undefined {
  const bytes = Buffer.from(content);
  if (bytes.length < headBytes) return undefined;
  const own = bytes.readUInt16LE(1);
  const kind = (Object.keys(kinds) as Kind[]).find((name) => (kinds[name] | answerBit) === bytes[0]);
  if (kind === undefined || (own !== session && kind !== "open")) return undefined;
  try {
    return answerOf(kind, own, bytes.subarray(headBytes));
  } catch (error) {
    // Cut short: read past its end.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function answerOf(kind: Kind, session: number, body: Buffer): Answer | undefined {
  switch (kind) {
    case "open":
      return { kind, session, info: infoOf(body) };
    case "keep":
    case "end":
      return { kind };
    case "speed":
      return { kind, baudRate: body.readUInt32LE(0) };
    case "test":
      return { kind, pattern: body };
    case "data":
      return {
        kind,
        next: body.readUInt32LE(0),
        ahead: body.readUInt32LE(4),
        problem: body.readUInt8(8),
      };
    case "survey":
      return { kind, offset: Number(body.readBigUInt64LE(0)), hashes: hashesOf(body.subarray(8)) };
    case "digest":
      break;
  }
  const [offset, length] = [Number(body.readBigUInt64LE(0)), body.readUInt32LE(8)];
  return { kind, offset, length, found: digestOf(body.subarray(12)) };
}

function infoOf(body: Buffer): BoardInfo {
  const info = {
    version: body.readUInt8(0),
    parts: body.readUInt8(1),
    partBytes: body.readUInt16LE(2),
    baudRate: body.readUInt32LE(4),
    diskBytes: Number(body.readBigUInt64LE(8)),
    next: body.readUInt32LE(16),
    problem: body.readUInt8(20),
    profile: body.toString("latin1", 21),
  };
  if (info.parts < 1 || info.parts > 32 || info.partBytes < 1) throw new RangeError("no window");
  return info;
}

function hashesOf(body: Buffer): string[] {
  return Array.from({ length: Math.floor(body.length / surveyBytes) }, (_, index) =>
    body.toString("hex", index * surveyBytes, (index + 1) * surveyBytes),
  );
}

function digestOf(body: Buffer): Digest | undefined {
  if (body.length === 0) return undefined;
  if (body.length < 36) throw new RangeError("half a digest");
  return { crc32: body.readUInt32LE(0).toString(16).padStart(8, "0"), sha256: body.toString("hex", 4, 36) };
}
