import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { kernelFile } from "@tonalite/agent/board";
import { fitVersion, type ImageManifest } from "@tonalite/agent/core/firmware";
import { buildImage } from "../image.ts";
import { FirmwareToolError } from "../problem.ts";
import { imageFiles } from "./qemu.ts";

const built = z.object({ board: z.string(), version: z.string() });

/** What to make the one file of that boxes of a board update from. */
export type BundleOrder = {
  /** folder of a built image */
  image: string;
  /** private key of the provider's firmware */
  key: string;
  out: string;
  securityFloor: number;
  /** ISO; for those who need the same bytes twice */
  createdAt?: string;
};

/**
 * Makes a built image's kernel and root into a signed image for over-the-air updates.
 * @returns its manifest, and the bytes of the file
 * @throws FirmwareToolError
 */
export function makeBundle(order: BundleOrder): { manifest: ImageManifest; bytes: number } {
  const { board, version } = readReport(order.image);
  const found = versionOf(join(order.image, kernelFile));
  if (found !== version)
    throw new FirmwareToolError(
      `${order.image} says it is ${version}, its kernel says ${found ?? "nothing of that kind"}`,
    );
  const { key, out, securityFloor, createdAt } = order;
  const { manifest, bytes } = buildImage({
    from: order.image,
    version,
    hardware: [board],
    key,
    out,
    securityFloor,
    ...(createdAt === undefined ? {} : { createdAt }),
  });
  return { manifest, bytes: bytes.length };
}

function readReport(image: string): z.infer<typeof built> {
  const file = join(image, imageFiles.report);
  try {
    return built.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    throw new FirmwareToolError(`${file} is not a built image's report`, { cause });
  }
}

function versionOf(kernel: string): string | undefined {
  const file = openSync(kernel, "r");
  try {
    return fitVersion((position, length) => {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(file, bytes, 0, length, position));
    });
  } finally {
    closeSync(file);
  }
}
