import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { run } from "./tools.ts";

const block = 4096;

/** A root file system with its hash tree behind it, and what must be known to believe it. */
export type VerityRoot = { file: string; bytes: number; dataBlocks: number; rootHash: string; salt: string };

/**
 * Packs a folder as squashfs and appends a dm-verity tree (without superblock: what it would say is in the signed FIT).
 * Equal folders give equal bytes: owner root, times 0, the salt is the hash of the data.
 * @param quick packs less well, in a fifth of the time
 * @throws FirmwareToolError
 */
export function makeVerityRoot(folder: string, file: string, quick = false): VerityRoot {
  const args = [
    [folder, file, "-noappend", "-all-root", "-no-xattrs", "-no-progress", "-quiet"],
    [
      "-mkfs-time",
      "0",
      "-all-time",
      "0",
      "-comp",
      "zstd",
      "-Xcompression-level",
      quick ? "3" : "19",
      "-b",
      "128K",
    ],
  ];
  // It refuses both ways of fixing times at once.
  run("mksquashfs", args, { env: { SOURCE_DATE_EPOCH: undefined } });
  const size = statSync(file).size;
  if (size % block !== 0) throw new Error(`mksquashfs made ${size} bytes, no multiple of ${block}`);
  const salt = createHash("sha256").update(readFileSync(file)).digest("hex");
  const words = run("veritysetup", [
    ["format", file, file, `--hash-offset=${size}`, `--data-blocks=${size / block}`, "--no-superblock"],
    [`--salt=${salt}`, "--hash=sha256", `--data-block-size=${block}`, `--hash-block-size=${block}`],
  ]);
  const rootHash = /Root hash:\s+([0-9a-f]{64})/.exec(words)?.[1];
  if (rootHash === undefined) throw new Error("veritysetup named no root hash");
  return { file, bytes: statSync(file).size, dataBlocks: size / block, rootHash, salt };
}

/** What the initramfs reads before it opens the root file system. */
export function verityEnvironment({ dataBlocks, rootHash, salt }: VerityRoot): string {
  return `ROOT_HASH=${rootHash}\nSALT=${salt}\nBLOCKS=${dataBlocks}\nSECTORS=${(dataBlocks * block) / 512}\n`;
}
