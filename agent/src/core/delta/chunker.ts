/**
 * Sizes of content-defined chunks, in bytes. They are part of the image format, as the mark is: another choice would
 * find nothing of older images.
 */
export const chunkSizes = { least: 8 * 1024, most: 64 * 1024 } as const;

// A chunk ends behind this byte when the low bits of the next are these: in packed bytes one place in 8192, so that chunks
// have 16 KiB on average. Of text and code, "(" stands in both, and is followed by all kinds of things.
const mark = 0x28;
const nextMask = 0x1f;
const nextBits = 0x05;

/**
 * The length of the first chunk. Where it ends depends on two bytes alone, so that what is put in or taken out moves the
 * boundaries around it and no others. No rolling hash as in other such schemes (Xia et al., FastCDC, USENIX ATC 2016):
 * that is a step of an interpreter for each byte, in a box that has no compiler; this leaves the search to memchr.
 * @param bytes of a file from the end of the chunk before: at least `chunkSizes.most` of them, or all to the file's end
 * @param start where in them the chunk starts
 */
export function chunkLength(bytes: Uint8Array, start = 0): number {
  const end = Math.min(bytes.length, start + chunkSizes.most);
  if (end - start <= chunkSizes.least) return end - start;
  const window = bytes.subarray(start + chunkSizes.least - 1, end);
  for (let at = window.indexOf(mark); at >= 0; at = window.indexOf(mark, at + 1)) {
    const next = window[at + 1];
    if (next !== undefined && (next & nextMask) === nextBits) return chunkSizes.least + 1 + at;
  }
  return end - start;
}
