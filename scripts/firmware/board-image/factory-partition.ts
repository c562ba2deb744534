import { createHash } from "node:crypto";
import { encodeTarEntry, tarEnd } from "@tonalite/agent/core/firmware";
import { FirmwareToolError } from "../problem.ts";

const block = 512;
/** Bytes of the partition `factory`. */
export const factoryBytes = 1 << 20;
const copyBytes = factoryBytes / 2;

/**
 * The content of the partition `factory`: a box's identity, which outlives its data. Two copies, so that one damaged block
 * costs nothing; each is a line `tonalite-factory 1 BYTES SHA256` in a block of 512 bytes, then a ustar archive
 * (`files/unpack-factory` reads it).
 * @param files text of `identity.json`, `agent-arguments`, `acs-password`, `trust/*`: by path
 * @throws FirmwareToolError when they do not fit
 */
export function encodeFactoryPartition(files: Readonly<Record<string, string>>): Buffer {
  const archive = Buffer.concat([...Object.entries(files).map(entry), tarEnd]);
  if (block + archive.length > copyBytes)
    throw new FirmwareToolError(
      `the factory partition holds ${copyBytes - block} bytes, its content has ${archive.length}`,
    );
  const hash = createHash("sha256").update(archive).digest("hex");
  const copy = Buffer.alloc(copyBytes);
  copy.write(`tonalite-factory 1 ${archive.length} ${hash}\n`, "latin1");
  archive.copy(copy, block);
  return Buffer.concat([copy, copy]);
}

function entry([path, text]: [string, string]): Buffer {
  const bytes = Buffer.from(text);
  const padding = Buffer.alloc((block - (bytes.length % block)) % block);
  return Buffer.concat([encodeTarEntry({ path, size: bytes.length, mode: 0o644 }), bytes, padding]);
}
