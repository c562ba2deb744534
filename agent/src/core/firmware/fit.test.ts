import { describe, expect, it } from "vitest";
import { fitVersion } from "./fit.ts";

const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const padded = (text: string): Buffer => Buffer.from(text.padEnd(Math.ceil((text.length + 1) / 4) * 4, "\0"));
const strings = "timestamp\0description\0#address-cells\0";
const property = (name: string, value: Buffer, length = value.length): Buffer =>
  Buffer.concat([word(3), word(length), word(strings.indexOf(name)), value]);

// As mkimage lays it out: header, reservations, structure with the images in it, strings.
function fit(description: string, images = 5000): Buffer {
  const structure = Buffer.concat([
    word(1),
    word(0),
    property("timestamp", word(1)),
    word(4),
    property("description", padded(description), description.length + 1),
    property("#address-cells", word(1)),
    Buffer.alloc(images),
  ]);
  const header = Buffer.concat([0xd00dfeed, 0, 56, 56 + structure.length, 40, 17, 16, 0, 0, 0].map(word));
  return Buffer.concat([header, Buffer.alloc(16), structure, Buffer.from(strings)]);
}
const of = (bytes: Buffer) => fitVersion((position, length) => bytes.subarray(position, position + length));

describe("the version of a kernel FIT", () => {
  it("is what its description says", () => {
    expect(of(fit("Tonalite 1.2.3-rc.1"))).toBe("1.2.3-rc.1");
  });

  it("is unknown of what is none, or somebody else's", () => {
    expect(of(Buffer.alloc(4096))).toBeUndefined();
    expect(of(Buffer.alloc(0))).toBeUndefined();
    expect(of(fit("U-Boot fitImage"))).toBeUndefined();
    expect(of(fit("Tonalite 1.2.3\nand more"))).toBeUndefined();
  });

  it("is unknown of what ends early or points anywhere, and reading ends", () => {
    const whole = fit("Tonalite 1.2.3", 0);
    for (let length = 0; length < whole.length - strings.length; length += 1)
      expect(() => of(whole.subarray(0, length))).not.toThrow();
    for (let at = 0; at + 4 <= whole.length; at += 4) {
      const wild = Buffer.from(whole);
      wild.writeUInt32BE(0xffff_fff0, at);
      expect(() => of(wild)).not.toThrow();
    }
  });
});
