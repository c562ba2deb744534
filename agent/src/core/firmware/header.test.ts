import { generateKeyPairSync, sign, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { FirmwareError } from "./errors.ts";
import {
  decodeImageHeader,
  encodeImageHeader,
  encodeSignedPart,
  imageHeaderSize,
  prefixSize,
} from "./header.ts";
import { judgeImage, type SignatureCheck } from "./judge.ts";
import { imageManifest, type ImageManifest } from "./manifest.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const manifest: ImageManifest = {
  format: 1,
  product: "tonalite-agent",
  version: "1.2.3",
  hardware: ["virtual/sim"],
  securityFloor: 2,
  keyId: "a".repeat(64),
  payload: { size: 10, sha256: "b".repeat(64) },
  files: [{ path: "agent.mjs", size: 5, sha256: "c".repeat(64), mode: 0o644 }],
  createdAt: "2026-01-02T03:04:05Z",
};
const image = (change: Partial<ImageManifest> = {}): Uint8Array => {
  const signed = encodeSignedPart({ ...manifest, ...change });
  return encodeImageHeader(signed, sign(null, signed, privateKey));
};
const check: SignatureCheck = (keyId, signed, signature) =>
  keyId !== manifest.keyId ? "unknown-key" : verify(null, signed, publicKey, signature) ? "valid" : "invalid";
const code = (read: () => unknown): string => {
  try {
    read();
    return "read";
  } catch (error) {
    return error instanceof FirmwareError ? error.code : String(error);
  }
};

describe("the header of an image", () => {
  it("comes back as it was written, with the payload after it", () => {
    const bytes = image();
    const header = decodeImageHeader(Buffer.concat([bytes, Buffer.from("payload")]));
    expect(header.manifest).toEqual(manifest);
    expect(header.payloadOffset).toBe(bytes.length);
    expect(imageHeaderSize(bytes.subarray(0, prefixSize))).toBe(bytes.length);
    expect(check(manifest.keyId, header.signed, header.signature)).toBe("valid");
  });

  it("is never read from a cut file, at any length", () => {
    const bytes = image();
    for (let length = 0; length < bytes.length; length += 1)
      expect(code(() => decodeImageHeader(bytes.subarray(0, length)))).toBe("TRUNCATED");
  });

  it("with any bit flipped is not an image, not a manifest, or not signed", () => {
    const bytes = image();
    for (let bit = 0; bit < bytes.length * 8; bit += 7) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const outcome = code(() => {
        const header = decodeImageHeader(flipped);
        if (check(header.manifest.keyId, header.signed, header.signature) === "valid")
          throw new Error("believed");
      });
      expect(outcome).not.toContain("believed");
    }
  });

  it("refuses foreign files, endless manifests and text that is no manifest", () => {
    const long = Buffer.concat([Buffer.from("TONALIMG"), Buffer.from([255, 255, 255, 127])]);
    const text = Buffer.concat([
      Buffer.from("TONALIMG"),
      Buffer.from([2, 0, 0, 0]),
      Buffer.from("{]"),
      Buffer.alloc(64),
    ]);
    expect(code(() => decodeImageHeader(Buffer.from("\u007fELF, something else")))).toBe("NOT_AN_IMAGE");
    expect(code(() => imageHeaderSize(long))).toBe("MANIFEST_TOO_LARGE");
    expect(code(() => decodeImageHeader(text))).toBe("MANIFEST_INVALID");
  });
});

describe("a manifest", () => {
  it.each([
    "../escape",
    "/etc/passwd",
    "a/../../b",
    "a//b",
    "./a",
    ".hidden",
    "a\\b",
    "a\u0000b",
    "",
    "a/",
    "CON:",
  ])("never names the path %j", (path) => {
    expect(imageManifest.safeParse({ ...manifest, files: [{ ...manifest.files[0], path }] }).success).toBe(
      false,
    );
  });

  it("has each file once, and no file that is also a folder", () => {
    const file = (path: string): object => ({ ...manifest.files[0], path });
    expect(imageManifest.safeParse({ ...manifest, files: [file("a"), file("a")] }).success).toBe(false);
    expect(imageManifest.safeParse({ ...manifest, files: [file("a"), file("a/b")] }).success).toBe(false);
    expect(imageManifest.safeParse({ ...manifest, files: [file("a"), file("ab/c")] }).success).toBe(true);
  });
});

describe("the judgement of an image", () => {
  const target = { product: "tonalite-agent", hardware: "virtual/sim", version: "1.2.2", securityFloor: 2 };
  it.each([
    [{}, {}, undefined],
    [{ keyId: "d".repeat(64) }, {}, "SIGNER_UNKNOWN"],
    [{ product: "other" }, {}, "PRODUCT_MISMATCH"],
    [{ hardware: ["ippi/box"] }, {}, "HARDWARE_MISMATCH"],
    [{}, { securityFloor: 3 }, "SECURITY_FLOOR"],
    [{}, { version: "1.2.3" }, "SAME_VERSION"],
    [{}, { version: "1.3.0-rc.1" }, "DOWNGRADE"],
  ])("%j on a device %j: %s", (change, device, expected) => {
    expect(judgeImage(decodeImageHeader(image(change)), { ...target, ...device }, check)?.code).toBe(
      expected,
    );
  });

  it("asks for the signature before anything else", () => {
    const header = decodeImageHeader(image({ product: "other" }));
    expect(judgeImage(header, target, () => "invalid")?.code).toBe("SIGNATURE_INVALID");
  });
});
