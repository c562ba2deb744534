import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Account, LineSetup, Ring, Tone } from "../../core/ports.ts";
import {
  packAccount,
  packCaller,
  packConfig,
  packLamp,
  packLineSetup,
  packRing,
  packText,
  packTone,
} from "./abi.ts";

const header = join(import.meta.dirname, "../../../native/include/tonalite.h");
const tone: Tone = {
  segments: [
    { frequencies: [330, 440], levels: [-130, -140], durationMs: 250 },
    { frequencies: [1400, 2060, 2450, 2600], levels: [-60, -60, -60, -65], durationMs: 100 },
  ],
  repeat: 3,
  lead: { segments: 1, plays: 10 },
};
const ring: Ring = {
  frequency: 50,
  phasesMs: [1500, 3500],
  callerId: {
    standard: "etsi-fsk",
    timing: "before-ring",
    alert: "lr-dt-as",
    delayMs: 700,
    number: "0612345678",
    name: "é".repeat(40),
    dateTime: "",
    absence: "",
  },
};
const account: Account = {
  user: "100",
  authUser: "",
  password: "p",
  domain: "lab.test",
  proxy: "127.0.0.1",
  proxyPort: 5090,
  transport: "TCP",
  expiresSeconds: 60,
  codecs: ["PCMU", "PCMA"],
  displayName: "",
};
const config = {
  lines: 1,
  sipPort: 0,
  rtpPortMin: 0,
  rtpPortMax: 0,
  jitterMinMs: 0,
  jitterMaxMs: 0,
  dscpMedia: 46,
  dscpSignalling: 24,
  backend: "sim",
  localAddress: "",
  userAgent: "test",
};
const setup: LineSetup = {
  flashMinMs: 80,
  flashMaxMs: 500,
  offHookMs: 40,
  pulse: { breakMinMs: 40, breakMaxMs: 79, makeMinMs: 20, gapMs: 200 },
  echoTailMs: 16,
  impedance: "370+620||310nF",
  gainToPhone: -35,
  gainFromPhone: 0,
};

describe("the packed structs", () => {
  it("have the layout that a C compiler gives tonalite.h", () => {
    const directory = mkdtempSync(join(tmpdir(), "abi-"));
    const fields = [
      ...["tn_config", "tn_line_setup", "tn_tone", "tn_ring", "tn_account"].map(
        (name) => `sizeof(struct ${name})`,
      ),
      "offsetof(struct tn_config, backend)",
      "offsetof(struct tn_tone, segment[0].level[1])",
      "offsetof(struct tn_ring, cid_delay_ms)",
      "offsetof(struct tn_ring, cid_absence)",
      "offsetof(struct tn_account, proxy_port)",
      "offsetof(struct tn_account, display_name)",
      "offsetof(struct tn_account, media_security)",
      "offsetof(struct tn_account, alternates)",
      "offsetof(struct tn_account, fax)",
    ];
    const source = `#include <stdio.h>\n#include <stddef.h>\n#include ${JSON.stringify(header)}\nint main(void) { ${fields
      .map((field) => `printf("%zu ", ${field});`)
      .join(" ")} return 0; }`;
    writeFileSync(join(directory, "layout.c"), source);
    execFileSync("cc", ["-o", join(directory, "layout"), join(directory, "layout.c")]);
    const layout = execFileSync(join(directory, "layout"), { encoding: "utf8" })
      .trim()
      .split(" ")
      .map(Number);
    rmSync(directory, { recursive: true });
    const sizes = [
      packConfig(config),
      packLineSetup(setup),
      packTone(tone),
      packRing(ring),
      packAccount(account),
    ];
    expect(layout.slice(0, 5)).toEqual(sizes.map((bytes) => bytes.length));
    expect(packConfig(config).toString("utf8", layout[5], layout[5]! + 4)).toBe("sim\0");
    expect(packTone(tone).readInt32LE(layout[6])).toBe(-140);
    const more = packTone(tone).subarray(packTone(tone).length - 8 * 16 + 16);
    expect([more.readUInt32LE(4), more.readInt32LE(12)]).toEqual([2600, -65]);
    expect(packRing(ring).readUInt32LE(layout[7])).toBe(700);
    expect(packRing(ring).subarray(-8)).toEqual(Buffer.from([1, 0, 0, 0, 3, 0, 0, 0]));
    // tn_lamp has five fields of four bytes: nothing a compiler could lay out otherwise.
    const lamp = packLamp({ lit: true, standard: "etsi-fsk", alert: "dt-as", delayMs: 60 });
    expect([0, 4, 8, 12, 16].map((at) => lamp.readUInt32LE(at))).toEqual([20, 1, 1, 1, 60]);
    expect(packCaller(ring.callerId).subarray(44)).toEqual(packRing(ring).subarray(44));
    expect(packAccount(account).readUInt32LE(layout[9])).toBe(5090);
    expect(layout[10]).toBe(packAccount(account).length - 64 - 4 * 4 - 2 * 256 - 7 * 4);
    expect(packAccount({ ...account, messagesSeconds: 600 }).readUInt32LE(layout[10]! + 64 + 16 + 516)).toBe(
      600,
    );
    expect(
      packAccount({ ...account, silence: ["PCMA", "G722"] }).readUInt32LE(layout[10]! + 64 + 16 + 512),
    ).toBe(0b1010);
    const fax = {
      mode: "t38",
      maxBitRate: 9600,
      errorCorrection: false,
      lowRedundancy: 3,
      highRedundancy: 2,
    } as const;
    const packed = packAccount({ ...account, fax });
    expect([0, 4, 8, 12, 16].map((at) => packed.readUInt32LE(layout[13]! + at))).toEqual([1, 9600, 1, 3, 2]);
    expect(packAccount({ ...account, mediaSecurity: "required" }).readUInt32LE(layout[11])).toBe(2);
    const alternates = packAccount({ ...account, alternates: ["a.test", "b.test:5062"] });
    expect(alternates.toString("utf8", layout[12], layout[12]! + 19)).toBe("a.test b.test:5062\0");
  });

  it("begin with their size and hold what was given", () => {
    for (const bytes of [packConfig(config), packLineSetup(setup), packTone(tone), packAccount(account)]) {
      expect(bytes.readUInt32LE(0)).toBe(bytes.length);
    }
    expect(packLineSetup(setup).readInt32LE(16 - 4)).toBe(40);
    expect(packLineSetup(setup).readInt32LE(16)).toBe(-35);
    expect([36, 40, 44].map((at) => packLineSetup(setup).readUInt32LE(at))).toEqual([200, 16, 6]);
    expect([0, 1, 2, 3].map((index) => packAccount(account).readUInt32LE(12 + index * 4))).toEqual([
      2, 1, 0, 0,
    ]);
  });

  it("cut a caller's name between characters, but never a credential", () => {
    const name = packRing(ring).subarray(84, 84 + 64);
    expect(name.toString("utf8").replaceAll("\0", "")).toBe("é".repeat(31));
    expect(() => packAccount({ ...account, password: "x".repeat(128) })).toThrow("ENAMETOOLONG");
    expect(() => packAccount({ ...account, user: "a\0b" })).toThrow("ENAMETOOLONG");
    expect(() => packText("a\0b")).toThrow("EINVAL");
  });

  it("refuse what tonalite.h has no room for", () => {
    expect(() => packTone({ ...tone, segments: [] })).toThrow("EINVAL");
    expect(() => packTone({ ...tone, segments: Array.from({ length: 9 }, () => tone.segments[0]!) })).toThrow(
      "EINVAL",
    );
    expect(() => packRing({ ...ring, phasesMs: [1500] })).toThrow("EINVAL");
  });
});
