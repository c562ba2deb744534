import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { allocator, boardSlots, nodeFlags, type BoardSlots } from "@tonalite/agent/board";
import type { BoardImage } from "@tonalite/device-profiles";
import { partitionsOf } from "./disk.ts";

/** Where the agent finds its slots, and how Node runs it: files of the root that follow from the agent and the board. */
export const boardFiles = {
  slots: "etc/tonalite/slots.json",
  node: "usr/lib/tonalite/agent-node.sh",
} as const;

/** Writes them into a root file system that is being laid out. */
export function installBoardFiles(root: string, board: BoardImage): void {
  const texts = {
    [boardFiles.slots]: `${JSON.stringify(slotsOf(board), null, 2)}\n`,
    [boardFiles.node]: nodeSettings(),
  };
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

/** The partitions by the names that files/name-partitions gives them. */
export function slotsOf(board: BoardImage): BoardSlots {
  const partition = (name: string) => {
    const found = partitionsOf(board).find((one) => one.name === name);
    if (!found) throw new Error(`a board without partition ${name}`);
    return { device: `/dev/tonalite/${name}`, bytes: found.sectors * 512 };
  };
  const slot = (name: string) => ({
    kernel: partition(`kernel_${name}`),
    rootfs: partition(`rootfs_${name}`),
  });
  return boardSlots.parse({
    environment: partition("env"),
    slots: { a: slot("a"), b: slot("b") },
    alive: "/run/agent/trial-alive",
    trialEnd: "/data/trial-end",
  });
}

// Neither flags nor numbers hold anything that a shell would take for its own.
function nodeSettings(): string {
  const variables = Object.entries(allocator).map(([name, value]) => `${name}=${value}`);
  return `# Made from agent/src/shell/boot/frugal.ts.\nexport ${variables.join(" ")}\nnode_flags='${nodeFlags.join(" ")}'\n`;
}
