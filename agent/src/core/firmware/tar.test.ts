import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { FirmwareError } from "./errors.ts";
import { decodeTarEntry, encodeTarEntry, tarBlock, tarEnd, type TarEntry } from "./tar.ts";

const entries: TarEntry[] = [
  { path: "agent.mjs", size: 3, mode: 0o644 },
  { path: `node_modules/${"long-name/".repeat(7)}${"n".repeat(80)}.node`, size: 3, mode: 0o755 },
];
// A header with one field changed and its checksum made right again: hostile, not damaged.
const forged = (offset: number, text: string): Uint8Array => {
  const block = encodeTarEntry({ path: "x", size: 0, mode: 0o644 });
  block.set(Buffer.from(text, "latin1"), offset);
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.set(Buffer.from(`${sum.toString(8).padStart(6, "0")}\u0000 `), 148);
  return block;
};
const code = (block: Uint8Array): string => {
  try {
    return decodeTarEntry(block)?.path ?? "end";
  } catch (error) {
    return error instanceof FirmwareError ? error.code : String(error);
  }
};

it("reads what it writes, and the end", () => {
  for (const entry of entries) expect(decodeTarEntry(encodeTarEntry(entry))).toEqual(entry);
  expect(decodeTarEntry(tarEnd.subarray(0, tarBlock))).toBeUndefined();
});

it("writes what the system's tar unpacks", () => {
  const folder = mkdtempSync(join(tmpdir(), "tonalite-tar-"));
  try {
    const body = Buffer.alloc(tarBlock);
    body.write("abc");
    const blocks = entries.flatMap((entry) => [encodeTarEntry(entry), body]);
    writeFileSync(join(folder, "a.tar"), Buffer.concat([...blocks, tarEnd]));
    execFileSync("tar", ["-xf", "a.tar"], { cwd: folder });
    for (const entry of entries) expect(readFileSync(join(folder, entry.path), "utf8")).toBe("abc");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it.each([
  ["an absolute path", 0, "/etc/passwd\u0000"],
  ["a path that climbs", 0, "../../x\u0000"],
  ["a prefix that climbs", 345, "a/..\u0000"],
  ["a symbolic link", 156, "2"],
  ["a hard link", 156, "1"],
  ["a device", 156, "3"],
  ["a folder", 156, "5"],
  ["a pax header", 156, "x"],
  ["a set-user-id mode", 100, "0004755\u0000"],
  ["an endless size", 124, "77777777777\u0000"],
  ["a negative size", 124, "-0000000001\u0000"],
])("refuses %s", (_what, offset, text) => expect(code(forged(offset, text))).toBe("ARCHIVE_HOSTILE"));

it("tells damage from hostility", () => {
  const damaged = encodeTarEntry(entries[0] as TarEntry);
  damaged[0] = (damaged[0] ?? 0) ^ 1;
  expect(code(damaged)).toBe("ARCHIVE_INVALID");
  expect(code(new Uint8Array(100))).toBe("ARCHIVE_INVALID");
});
