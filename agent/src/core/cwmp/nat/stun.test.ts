import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { decodeStun, encodeStun, type StunMessage } from "./index.ts";

const transaction = Uint8Array.from({ length: 16 }, (_, index) => index + 1);
const sign = (text: Uint8Array): Uint8Array => createHmac("sha1", "secret").update(text).digest();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const request: StunMessage = {
  kind: "request",
  transaction,
  username: "box",
  connectionRequest: true,
  changed: true,
};

describe("STUN messages of TR-069 Annex G", () => {
  it("are the golden bytes", () => {
    expect(hex(encodeStun(request))).toBe(
      // Binding Request of 36 bytes, the transaction, …
      "000100240102030405060708090a0b0c0d0e0f10" +
        // … CONNECTION-REQUEST-BINDING "dslforum.org/TR-111 ", BINDING-CHANGE, USERNAME "box ".
        "c001001464736c666f72756d2e6f72672f54522d31313120" +
        "c0020000" +
        "00060004626f7820",
    );
    expect(
      hex(encodeStun({ kind: "response", transaction, mapped: { address: "192.0.2.7", port: 54321 } })),
    ).toBe("0101000c0102030405060708090a0b0c0d0e0f10000100080001d431c0000207");
  });

  const messages: [string, StunMessage][] = [
    ["a request", request],
    [
      "a request for an answer elsewhere",
      { kind: "request", transaction, answerTo: { address: "10.0.0.1", port: 1 } },
    ],
    ["an answer", { kind: "response", transaction, mapped: { address: "203.0.113.9", port: 65535 } }],
    [
      "an answer over IPv6",
      { kind: "response", transaction, mapped: { address: "2001:db8:0:0:0:0:0:1", port: 7 } },
    ],
    ["a refusal", { kind: "error", transaction, error: { code: 401, reason: "Unauthorized" } }],
  ];
  it.each(messages)("read back %s", (_name, message) => {
    expect(decodeStun(encodeStun(message))).toEqual(message);
  });

  it("prove their sender over what precedes the proof, filled up to 64 bytes", () => {
    const bytes = encodeStun(request, sign);
    const { integrity, ...read } = decodeStun(bytes) ?? {};
    expect(read).toEqual(request);
    expect(integrity?.signed.length).toBe(64);
    expect(hex(sign(integrity?.signed ?? new Uint8Array()))).toBe(hex(integrity?.mac ?? new Uint8Array()));
  });

  it("read the masked address of newer servers", () => {
    // RFC 5769 §2.2: 192.0.2.1 port 32853 under the magic number 2112a442.
    const cookie = Uint8Array.of(0x21, 0x12, 0xa4, 0x42, ...transaction.subarray(4));
    const bytes = Buffer.from(`0101000c${hex(cookie)}002000080001a147e112a643`, "hex");
    expect(decodeStun(bytes)?.mapped).toEqual({ address: "192.0.2.1", port: 32853 });
  });

  it("are nothing when they are cut, too long or something else", () => {
    const bytes = encodeStun(request, sign);
    for (let length = 0; length < bytes.length; length += 1)
      expect(decodeStun(bytes.subarray(0, length))).toBeUndefined();
    expect(decodeStun(new Uint8Array(2000))).toBeUndefined();
    expect(decodeStun(Buffer.from("GET http://192.0.2.1?ts=1 HTTP/1.1"))).toBeUndefined();
    const lying = bytes.slice();
    lying[23] = 255;
    expect(decodeStun(lying)).toBeUndefined();
  });

  it("never fail on noise", () => {
    for (let seed = 1; seed < 3000; seed += 1) {
      const noise = encodeStun(request, sign).slice();
      noise[(seed * 7) % noise.length] = seed & 255;
      noise[(seed * 13) % noise.length] = (seed >> 3) & 255;
      expect(() => decodeStun(noise)).not.toThrow();
    }
  });
});
