/**
 * Where content-defined chunks end (a gear hash, after Xia et al., FastCDC, USENIX ATC 2016, §3). A boundary depends on
 * the 32 bytes before it alone, so that what is put in or taken out moves the boundaries around it and no others.
 * Sizes in bytes. They are part of the image format: another choice would find nothing of older images.
 */
export const chunkSizes = { least: 8 * 1024, most: 64 * 1024 } as const;

const windowBytes = 32;
// A boundary at one of 8192 positions behind the least size: 16 KiB on average.
const boundaryShift = 32 - 13;

// Any fixed numbers without a pattern will do: xorshift32 (Marsaglia 2003) from a seed of no meaning.
const gear = new Int32Array(256);
let seed = 0x2f6e2b1;
for (let index = 0; index < gear.length; index += 1) {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  gear[index] = seed;
}

/**
 * The length of the first chunk.
 * @param bytes of a file from the end of the chunk before: at least `chunkSizes.most` of them, or all to the file's end
 * @param start where in them the chunk starts
 */
export function chunkLength(bytes: Uint8Array, start = 0): number {
  const end = Math.min(bytes.length, start + chunkSizes.most);
  if (end - start <= chunkSizes.least) return end - start;
  let hash = 0;
  const first = start + chunkSizes.least;
  for (let index = first - windowBytes; index < first; index += 1)
    hash = ((hash << 1) + (gear[bytes[index] as number] as number)) | 0;
  let index = first;
  while (index < end && hash >>> boundaryShift !== 0) {
    hash = ((hash << 1) + (gear[bytes[index] as number] as number)) | 0;
    index += 1;
  }
  return index - start;
}
