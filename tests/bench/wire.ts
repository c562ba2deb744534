/** Takes bytes; `left` is called when they are through. */
export type Wire = (bytes: Uint8Array, left?: () => void) => void;

/** A wire of one direction: gives bytes on as fast as its speed allows, in order, and never faster. */
export function wire(bytesPerSecond: number, to: (bytes: Buffer) => void): Wire {
  const waiting: { bytes: Buffer; left: () => void }[] = [];
  let freeAt = 0;
  // A timer's millisecond would count as the wire's: 1,500,000 baud are 150 bytes in it.
  let timer: NodeJS.Immediate | undefined;
  const run = (): void => {
    timer = undefined;
    const now = performance.now();
    // What has left the wire by now: freeAt is when the first waiting byte's predecessor was through.
    let may = Math.floor(((now - freeAt) * bytesPerSecond) / 1000);
    while (may > 0 && waiting.length > 0) {
      const first = waiting[0];
      if (!first) break;
      const part = first.bytes.subarray(0, may);
      may -= part.length;
      freeAt += (part.length * 1000) / bytesPerSecond;
      to(part);
      if (part.length < first.bytes.length) first.bytes = first.bytes.subarray(part.length);
      else {
        waiting.shift();
        first.left();
      }
    }
    if (waiting.length > 0) timer = setImmediate(run);
  };
  return (bytes, left = () => undefined) => {
    if (bytes.length === 0) return left();
    if (waiting.length === 0) freeAt = Math.max(freeAt, performance.now());
    waiting.push({ bytes: Buffer.from(bytes), left });
    timer ??= setImmediate(run);
    return undefined;
  };
}
