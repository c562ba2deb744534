import { encodeFactoryPartition } from "../../firmware/board-image/factory-partition.ts";
import type { BoardConsole } from "../console/console.ts";
import { FlashError } from "../problem.ts";
import type { Board } from "./board.ts";
import { encodeEnvironment, freshBootState } from "./environment.ts";
import type { FlashOrder, FlashProgress, FlashResult } from "./flash.ts";
import { floorIn, readFloor, stateFloor } from "./floor.ts";
import { readIdentity } from "./identity.ts";
import { bootStatePartition, partitionOf } from "./partitions.ts";

/** What goes into the factory partition (undefined: what the image has there), and the security floor that stays. */
export type Factory = { content: Uint8Array | undefined; how: FlashResult["identity"]; floor: number };

/**
 * Finds what the board must keep, and what it becomes: asked once, before anything is written.
 * @throws FlashError `IMAGE_NAMELESS`, `IMAGE_TOO_OLD`, `BACKUP_FOREIGN`, and what the order's `identity` throws
 */
export async function settleFactory(
  console: BoardConsole,
  order: FlashOrder,
  board: Board,
  tell: (progress: FlashProgress) => void,
): Promise<Factory> {
  const image = bufferOf(order.image);
  const start = partitionOf(image, "factory")?.start;
  const { backupOf } = order;
  if (start === undefined && order.identity) throw new FlashError("IMAGE_NAMELESS", {});
  const present = start === undefined ? undefined : await readIdentity(console, board, start);
  tell({ type: "board", board, identity: present });
  const environment = partitionOf(image, bootStatePartition);
  const onBoard = environment ? await readFloor(console, board, environment) : 0;
  if (order.securityFloor !== undefined && order.securityFloor < onBoard && order.allowDowngrade !== true)
    throw new FlashError("IMAGE_TOO_OLD", { floor: order.securityFloor, board: onBoard });
  const floor = Math.max(onBoard, environment ? floorIn(image, environment) : 0);
  if (present) order.backup?.(board, present);
  if (backupOf) {
    const isSame = present !== undefined && present.serial === backupOf.serial;
    if (!isSame && !backupOf.allowed)
      throw new FlashError("BACKUP_FOREIGN", {
        backup: backupOf.serial ?? "-",
        board: present?.serial ?? "-",
      });
    return { content: undefined, how: "restored", floor };
  }
  if (start === undefined) return { content: undefined, how: "no-partition", floor };
  const content = order.dryRun === true ? undefined : await order.identity?.(board, present);
  if (content) return { content, how: "written", floor };
  if (!present) return { content: undefined, how: "none", floor };
  return { content: encodeFactoryPartition(present.files), how: "kept", floor };
}

/** Boot state and identity are part of what the disk must be: written, compared and read back like everything else. */
export function finishImage(
  { image: given, bootState, backupOf }: FlashOrder,
  { content, floor, how }: Factory,
): { image: Buffer; bootState: FlashResult["bootState"] } {
  const image = Buffer.from(given);
  const environment = partitionOf(image, bootStatePartition);
  if (environment) {
    if (!backupOf) image.set(encodeEnvironment(bootState ?? freshBootState), environment.start);
    stateFloor(image, environment, floor);
  }
  const factory = partitionOf(image, "factory");
  if (factory && content) image.set(content, factory.start);
  return { image, bootState: how === "restored" ? how : environment ? "fresh" : "no-partition" };
}

function bufferOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
