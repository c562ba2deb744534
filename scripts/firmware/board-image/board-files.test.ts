import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allocator, nodeFlags } from "@tonalite/agent/board";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { boardFiles, installBoardFiles, slotsOf } from "./board-files.ts";
import { boardOf } from "./qemu.ts";
import { makeBundle } from "./bundle.ts";

const board = boardOf("qemu/virt-arm64");
let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "tonalite-board-files-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("what a board's root file system says of its agent", () => {
  it("names the partitions of both slots, with their sizes", () => {
    const { environment, slots } = slotsOf(board);
    expect(environment).toEqual({ device: "/dev/tonalite/env", bytes: 1 << 20 });
    expect(slots.b).toEqual({
      kernel: { device: "/dev/tonalite/kernel_b", bytes: board.partitions.kernel << 20 },
      rootfs: { device: "/dev/tonalite/rootfs_b", bytes: board.partitions.rootfs << 20 },
    });
    installBoardFiles(folder, board);
    expect(JSON.parse(readFileSync(join(folder, boardFiles.slots), "utf8"))).toEqual(slotsOf(board));
  });

  it("runs Node as the supervisor of the virtual board does", () => {
    installBoardFiles(folder, board);
    const [threshold = ""] = Object.keys(allocator);
    const script = `. "${join(folder, boardFiles.node)}"; for flag in $node_flags; do echo "$flag"; done; env`;
    const said = execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\n");
    expect(said.slice(0, nodeFlags.length)).toEqual(nodeFlags);
    expect(said).toContain(`${threshold}=${allocator[threshold]}`);
  });
});

describe("a bundle", () => {
  it("is not made of a kernel that says another version than its image", () => {
    writeFileSync(join(folder, "image.json"), JSON.stringify({ board: "qemu/virt-arm64", version: "1.2.3" }));
    writeFileSync(join(folder, "kernel.fit"), Buffer.alloc(4096));
    const order = { image: folder, key: "none", out: join(folder, "x.img"), securityFloor: 0 };
    expect(() => makeBundle(order)).toThrow(/says it is 1\.2\.3, its kernel says nothing of that kind/);
    expect(() => makeBundle({ ...order, image: tmpdir() })).toThrow(/not a built image's report/);
  });
});
