import { createHash } from "node:crypto";
import * as z from "zod";
import type { BoardConsole } from "../console/console.ts";
// The codec alone: this runs in a browser too, where the image tools do not.
import {
  copyBytes as factoryCopyBytes,
  decodeFactoryArchive,
  decodeFactoryHeader,
} from "../../firmware/board-image/factory-partition.ts";
import type { Board } from "./board.ts";
import { readDisk } from "./disk.ts";

const headerBytes = 512;

const identityFile = z.object({ serial: z.string(), mac: z.string().optional() });

/** Who a board says it is, and the files of its factory partition: they hold its secrets. */
export type BoardIdentity = {
  serial: string;
  mac: string | undefined;
  files: Readonly<Record<string, string>>;
};

/**
 * Reads a board's identity off its disk, before anything is written there.
 * @param start first byte of the factory partition
 * @returns undefined when the board has none
 * @throws FlashError
 */
export async function readIdentity(
  console: BoardConsole,
  board: Board,
  start: number,
): Promise<BoardIdentity | undefined> {
  for (const copy of [start, start + factoryCopyBytes]) {
    const header = decodeFactoryHeader(await readDisk(console, board, { offset: copy, length: headerBytes }));
    if (!header) continue;
    const archive = await readDisk(console, board, { offset: copy + headerBytes, length: header.bytes });
    if (createHash("sha256").update(archive).digest("hex") !== header.sha256) continue;
    const files = decodeFactoryArchive(archive);
    const identity = identityOf(files);
    if (files && identity) return { ...identity, mac: identity.mac, files };
  }
  return undefined;
}

function identityOf(files: Record<string, string> | undefined): z.infer<typeof identityFile> | undefined {
  try {
    const text = files?.["identity.json"];
    return text === undefined ? undefined : identityFile.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
