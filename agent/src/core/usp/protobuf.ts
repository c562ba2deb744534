import { UspError } from "./error.ts";
import { Reader } from "./protobuf-reader.ts";
import { Writer } from "./protobuf-writer.ts";

/**
 * Protocol Buffers 3, the part that USP uses, driven by field tables: one table is the encoder, the decoder and the
 * type. Unknown fields are skipped, so later minor versions of USP stay readable.
 */
export type Kind = "text" | "bytes" | "flag" | "fixed32" | "enum" | "message" | "texts" | "messages" | "map";

/** One field: its number, how it lies on the wire, and (types only) what it decodes to and is encoded from. */
export type Field<Out = unknown, In = unknown> = {
  readonly id: number;
  readonly kind: Kind;
  readonly table?: Table;
  readonly out?: Out;
  readonly in?: In;
};
export type Table = Readonly<Record<string, Field>>;

export type TextMap = Record<string, string>;
export type Decoded<T extends Table> = {
  [K in keyof T]: T[K] extends Field<infer Out> ? Out : never;
};
export type Init<T extends Table> = {
  [K in keyof T]?: T[K] extends Field<unknown, infer In> ? In : never;
};

export const text = (id: number): Field<string, string> => ({ id, kind: "text" });
export const bytes = (id: number): Field<Uint8Array, Uint8Array> => ({ id, kind: "bytes" });
export const flag = (id: number): Field<boolean, boolean> => ({ id, kind: "flag" });
export const fixed32 = (id: number): Field<number, number> => ({ id, kind: "fixed32" });
export const enumeration = (id: number): Field<number, number> => ({ id, kind: "enum" });
export const texts = (id: number): Field<string[], readonly string[]> => ({ id, kind: "texts" });
export const textMap = (id: number): Field<TextMap, Readonly<TextMap>> => ({ id, kind: "map" });
export const message = <T extends Table>(
  id: number,
  table: T,
): Field<Decoded<T> | undefined, Init<T> | undefined> => ({
  id,
  kind: "message",
  table,
});
export const messages = <T extends Table>(id: number, table: T): Field<Decoded<T>[], readonly Init<T>[]> => ({
  id,
  kind: "messages",
  table,
});

/** Bounds of one decoding. Nesting needs none: the tables are finite trees. */
export type DecodeLimits = {
  /** Bytes of the whole input. */
  readonly maximumBytes: number;
  /** Fields of the whole input, unknown ones and map entries included. */
  readonly maximumFields: number;
};
/** 512 KiB and 50 000 fields: a Get of a whole device with 800 parameters is about 60 KiB and 1 600 fields. */
export const defaultLimits: DecodeLimits = { maximumBytes: 512 * 1024, maximumFields: 50_000 };

/** @throws UspError with one of the codec's codes; never reads outside `input`. */
export function decodeTable<T extends Table>(
  table: T,
  input: Uint8Array,
  limits = defaultLimits,
): Decoded<T> {
  if (input.length > limits.maximumBytes) {
    throw new UspError("TOO_LARGE", `${input.length} bytes, at most ${limits.maximumBytes} are accepted`);
  }
  return decodeInto(table, blank(table), new Reader(input, { left: limits.maximumFields })) as Decoded<T>;
}

export function encodeTable<T extends Table>(table: T, value: Init<T>): Uint8Array {
  const writer = new Writer();
  writeTable(writer, table, value);
  return writer.finish();
}

type Loose = Record<string, unknown>;

function blank(table: Table): Loose {
  const target: Loose = {};
  for (const [name, field] of Object.entries(table)) target[name] = emptyValue(field.kind);
  return target;
}

function emptyValue(kind: Kind): unknown {
  if (kind === "text") return "";
  if (kind === "flag") return false;
  if (kind === "fixed32" || kind === "enum") return 0;
  if (kind === "bytes") return new Uint8Array(0);
  if (kind === "message") return undefined;
  // No prototype: a parameter called "__proto__" is a key like any other.
  if (kind === "map") return Object.create(null);
  return [];
}

const namesById = new WeakMap<Table, Map<number, string>>();
function nameOf(table: Table, id: number): string | undefined {
  let names = namesById.get(table);
  if (names === undefined) {
    names = new Map(Object.entries(table).map(([name, field]) => [field.id, name]));
    namesById.set(table, names);
  }
  return names.get(id);
}

function decodeInto(table: Table, target: Loose, reader: Reader): Loose {
  for (let tag = reader.tag(); tag !== undefined; tag = reader.tag()) {
    const name = nameOf(table, tag.id);
    const field = name === undefined ? undefined : table[name];
    if (name === undefined || field === undefined) {
      reader.skip(tag.wire);
      continue;
    }
    decodeField(field, name, target, reader, tag.wire);
  }
  return target;
}

function decodeField(field: Field, name: string, target: Loose, reader: Reader, wire: number): void {
  reader.expect(
    wire,
    field.kind === "fixed32" ? 5 : field.kind === "flag" || field.kind === "enum" ? 0 : 2,
    name,
  );
  const table = field.table ?? {};
  switch (field.kind) {
    case "text":
      target[name] = reader.text();
      return;
    case "bytes":
      target[name] = reader.bytes();
      return;
    case "flag":
      target[name] = reader.varint() !== 0;
      return;
    case "enum":
      target[name] = reader.varint();
      return;
    case "fixed32":
      target[name] = reader.fixed32();
      return;
    case "texts":
      (target[name] as string[]).push(reader.text());
      return;
    case "message":
      // proto3: a singular message that appears twice is merged.
      target[name] = decodeInto(table, (target[name] as Loose | undefined) ?? blank(table), reader.nested());
      return;
    case "messages":
      (target[name] as Loose[]).push(decodeInto(table, blank(table), reader.nested()));
      return;
    case "map": {
      const entry = decodeInto(mapEntry, blank(mapEntry), reader.nested()) as { key: string; value: string };
      (target[name] as TextMap)[entry.key] = entry.value;
    }
  }
}

const mapEntry = { key: text(1), value: text(2) };

function writeTable(writer: Writer, table: Table, value: Loose): void {
  for (const [name, field] of Object.entries(table)) {
    const entry = value[name];
    if (entry !== undefined) writeField(writer, field, entry);
  }
}

function writeField(writer: Writer, field: Field, value: unknown): void {
  const { id, table = {} } = field;
  switch (field.kind) {
    // proto3: a scalar with its default value is not written.
    case "text":
      if (value !== "") writer.text(id, value as string);
      return;
    case "bytes":
      if ((value as Uint8Array).length > 0) writer.bytes(id, value as Uint8Array);
      return;
    case "flag":
      if (value === true) writer.varint(id, 1);
      return;
    case "enum":
      if (value !== 0) writer.varint(id, value as number);
      return;
    case "fixed32":
      if (value !== 0) writer.fixed32(id, value as number);
      return;
    case "texts":
      for (const item of value as string[]) writer.text(id, item);
      return;
    case "message":
      writer.nested(id, (inner) => writeTable(inner, table, value as Loose));
      return;
    case "messages":
      for (const item of value as Loose[]) writer.nested(id, (inner) => writeTable(inner, table, item));
      return;
    case "map":
      for (const [key, item] of Object.entries(value as TextMap)) {
        writer.nested(id, (inner) => writeTable(inner, mapEntry, { key, value: item }));
      }
  }
}
