/** First bytes of a flattened device tree, which a FIT is (Devicetree Specification 0.4, section 5.2): big endian. */
const magic = 0xd00dfeed;
// Section 5.4.1.
const beginNode = 1;
const property = 3;
const nothing = 4;

/** Where a FIT says which version it is: the tool that builds boards' images writes it, `board-image/fit.ts`. */
const words = /^Tonalite (\S+)$/;
// The root's properties come first, and its images, which are the bulk of the file, after them.
const startBytes = 2048;
const longestName = 64;

/**
 * Reads the version of a kernel FIT from its description, so that a slot on partitions tells itself what it holds.
 * @param read bytes of the partition, as far as it has them
 * @returns undefined when it starts with no FIT of ours
 */
export function fitVersion(read: (position: number, length: number) => Uint8Array): string | undefined {
  const header = view(read(0, 40));
  if (header.byteLength < 40 || header.getUint32(0) !== magic) return undefined;
  const strings = header.getUint32(12);
  const bytes = read(header.getUint32(8), startBytes);
  const tokens = view(bytes);
  // The root's own name is empty: one word of padding.
  if (tokens.byteLength < 8 || tokens.getUint32(0) !== beginNode) return undefined;
  for (let at = 8; at + 12 <= tokens.byteLength;) {
    const token = tokens.getUint32(at);
    if (token === nothing) {
      at += 4;
      continue;
    }
    if (token !== property) return undefined;
    const length = tokens.getUint32(at + 4);
    if (text(read(strings + tokens.getUint32(at + 8), longestName)) === "description")
      return words.exec(text(bytes.subarray(at + 12, at + 12 + length)))?.[1];
    at += 12 + Math.ceil(length / 4) * 4;
  }
  return undefined;
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

// Up to the NUL that ends it.
function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end)));
}
