import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const library = join(import.meta.dirname, "../../../native/build/libtonalite.so");

describe.skipIf(!existsSync(library))("the native library inside Node", () => {
  // Its SIP stack uses the OpenSSL and zlib that Node exports; a symbol missing there would otherwise show at its first use.
  it("finds every function it may ever call", () => {
    const load = `require("koffi").load(${JSON.stringify(library)})`;
    const { status, stderr } = spawnSync(process.execPath, ["-e", load], {
      cwd: import.meta.dirname,
      env: { ...process.env, LD_BIND_NOW: "1" },
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });
});
