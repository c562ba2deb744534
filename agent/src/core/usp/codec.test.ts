import { describe, expect, it } from "vitest";
import { endpointIdOf, isEndpointId, mqttUsername } from "./endpoint.ts";
import { UspError, type UspErrorCode } from "./error.ts";
import { decodeMessage, encodeMessage, type UspMessageInit } from "./message.ts";
import { decodeTable, encodeTable, text, textMap } from "./protobuf.ts";
import { decodeRecord, encodeRecord } from "./record.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytes = (text: string): Uint8Array => Buffer.from(text.replaceAll(/\s/g, ""), "hex");

function code(action: () => unknown): UspErrorCode | "no error" {
  try {
    action();
    return "no error";
  } catch (error) {
    if (error instanceof UspError) return error.code;
    throw error;
  }
}

const get: UspMessageInit = { msgId: "7", type: "Get", body: { paramPaths: ["Device.A."], maxDepth: 2 } };
// Written by hand from the schemas: Msg{header{1:"7",2:GET}, body{request{get{1:"Device.A.",2:2}}}}.
const goldenGet = "0a05 0a0137 1001  1214 0a12 0a10 0a09 4465766963652e412e 1502000000";
const goldenRecord = "0a03312e33 120161 1a0162 3a06 1204 deadbeef";

describe("golden", () => {
  it("a Get", () => {
    expect(hex(encodeMessage(get))).toBe(hex(bytes(goldenGet)));
    expect(decodeMessage(bytes(goldenGet))).toEqual(get);
  });

  it("a record", () => {
    const record = { kind: "message", toId: "a", fromId: "b", payload: bytes("deadbeef") } as const;
    expect(hex(encodeRecord(record))).toBe(hex(bytes(goldenRecord)));
    expect(decodeRecord(bytes(goldenRecord))).toMatchObject({ kind: "message", toId: "a", fromId: "b" });
  });
});

describe("hostile input", () => {
  it("every truncation of a message and of a record is an error or a smaller message, never anything else", () => {
    const params = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`P${index}`, "é".repeat(index * 7)]),
    );
    const event = { objPath: "Device.", eventName: "E!", params };
    const payload = encodeMessage({ msgId: "n", type: "Notify", body: { sendResp: true, event } });
    const record = encodeRecord({ kind: "message", toId: "a", fromId: "b", payload });
    for (let length = 0; length < record.length; length += 1) {
      code(() => decodeRecord(record.subarray(0, length)));
      code(() => decodeMessage(payload.subarray(0, length)));
    }
    expect(code(() => decodeMessage(payload.subarray(0, payload.length - 1)))).toBe("TRUNCATED");
  });

  it("every flipped byte is survived", () => {
    const payload = encodeMessage(get);
    for (let at = 0; at < payload.length; at += 1) {
      for (const mask of [0x01, 0x07, 0x80, 0xff]) {
        const broken = Uint8Array.from(payload);
        broken[at] = (broken[at] ?? 0) ^ mask;
        code(() => decodeMessage(broken));
      }
    }
  });

  it.each<[string, string, UspErrorCode]>([
    ["a length beyond the input", "0aff01", "TRUNCATED"],
    ["a length near 2^32", "0affffffff0f", "TRUNCATED"],
    ["a varint without end", "20ffffffffffffffffffffff", "BAD_VARINT"],
    ["field number 0", "0201", "BAD_TAG"],
    ["a group", "6b", "BAD_TAG"],
    ["a string that is not UTF-8", "0a02c328", "INVALID_UTF8"],
    ["a number where a string belongs", "0801", "WRONG_WIRE_TYPE"],
    ["nothing", "", "NO_HEADER"],
    ["no record type", "1a0162", "NO_BODY"],
    ["two record types", "1a0162 3a00 6200", "AMBIGUOUS"],
    ["an encrypted payload", "1a0162 2001 3a00", "SECURITY_UNSUPPORTED"],
    ["a session context", "1a0162 4200", "UNSUPPORTED_RECORD"],
  ])("a record with %s", (_, input, expected) => {
    expect(code(() => decodeRecord(bytes(input)))).toBe(expected);
  });

  it("a message whose header and body disagree, or that lacks one", () => {
    expect(code(() => decodeMessage(bytes("0a05 0a0137 1004 1202 0a00")))).toBe("TYPE_MISMATCH");
    expect(code(() => decodeMessage(bytes("0a05 0a0137 1004")))).toBe("NO_BODY");
    expect(code(() => decodeMessage(bytes("1200")))).toBe("NO_HEADER");
    expect(decodeMessage(bytes("0a06 0a0137 10e807 1200"))).toEqual({
      msgId: "7",
      type: "Unsupported",
      msgType: 1000,
    });
  });

  it("too large, and too many fields", () => {
    const limits = { maximumBytes: 64, maximumFields: 8 };
    expect(code(() => decodeRecord(new Uint8Array(65), limits))).toBe("TOO_LARGE");
    expect(code(() => decodeRecord(bytes("f80601".repeat(9)), limits))).toBe("TOO_MANY_FIELDS");
  });

  it("unknown fields of every wire type are skipped", () => {
    const unknown = "f80601 f9060102030405060708 fa0603aabbcc fd0601020304";
    expect(decodeRecord(bytes(unknown + goldenRecord + unknown))).toMatchObject({
      kind: "message",
      fromId: "b",
    });
  });

  it("a map key called __proto__ is a key", () => {
    const table = { map: textMap(1) };
    const entry = encodeTable({ key: text(1), value: text(2) }, { key: "__proto__", value: "x" });
    const { map } = decodeTable(table, Uint8Array.from([0x0a, entry.length, ...entry]));
    expect(Object.entries(map)).toEqual([["__proto__", "x"]]);
  });
});

describe("endpoint identifiers", () => {
  it("are made of OUI and serial number, percent-encoded", () => {
    expect(endpointIdOf("0019B9", "T-0001_a.b")).toBe("os::0019B9-T-0001_a.b");
    expect(endpointIdOf("0019B9", "a/b+c#é:%*~")).toBe("os::0019B9-a%2Fb%2Bc%23%C3%A9%3A%25%2A%7E");
    expect(isEndpointId(endpointIdOf("0019B9", "a/b+c#é:%*~"))).toBe(true);
  });

  it("give the MQTT user name", () => {
    expect(mqttUsername("os::0019B9-T1")).toBe("0019B9-T1");
    expect(mqttUsername("self::tonalite-acs")).toBe("tonalite-acs");
    for (const wrong of ["", "T1", "os::a/b", "os::a+", "os::#", "os::a:b", "os::"]) {
      expect(code(() => mqttUsername(wrong))).toBe("BAD_ENDPOINT");
    }
  });
});
