/** What stands in an initramfs. Paths without leading slash; parents come first. */
export type CpioEntry =
  | { path: string; kind: "folder" }
  | { path: string; kind: "file"; bytes: Uint8Array; executable: boolean }
  | { path: string; kind: "link"; target: string }
  | { path: string; kind: "character-device"; major: number; minor: number };

const formats = { folder: 0o040755, file: 0o100644, link: 0o120777, "character-device": 0o020600 } as const;

/**
 * A cpio archive as the kernel unpacks it (Documentation/driver-api/early-userspace/buffer-format.rst, “newc”): owner
 * root, times 0, so that equal entries give equal bytes.
 */
export function encodeCpio(entries: readonly CpioEntry[]): Buffer {
  const parts = entries.map((entry, index) => encodeEntry(entry, index + 1));
  const trailer = record({ path: "TRAILER!!!", inode: 0, mode: 0, device: [0, 0], bytes: Buffer.alloc(0) });
  return Buffer.concat([...parts, trailer]);
}

function encodeEntry(entry: CpioEntry, inode: number): Buffer {
  const executable = entry.kind === "file" && entry.executable ? 0o111 : 0;
  const device: [number, number] = entry.kind === "character-device" ? [entry.major, entry.minor] : [0, 0];
  return record({
    path: entry.path,
    inode,
    mode: formats[entry.kind] | executable,
    device,
    bytes: contentOf(entry),
  });
}

function contentOf(entry: CpioEntry): Buffer {
  if (entry.kind === "file") return Buffer.from(entry.bytes);
  return entry.kind === "link" ? Buffer.from(entry.target) : Buffer.alloc(0);
}

type Header = { path: string; inode: number; mode: number; device: [number, number]; bytes: Buffer };

function record({ path, inode, mode, device, bytes }: Header): Buffer {
  const name = Buffer.from(`${path}\0`);
  const links = (mode & 0o170000) === formats.folder - 0o755 ? 2 : 1;
  const fields = [inode, mode, 0, 0, links, 0, bytes.length, 0, 0, ...device, name.length, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`;
  return Buffer.concat([padded(Buffer.concat([Buffer.from(header), name])), padded(bytes)]);
}

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
