/** A serial line that is open. Bytes come to one listener; nothing is kept for a listener that comes later. */
export type SerialLine = {
  /** How people call it: a path such as /dev/ttyUSB0. */
  readonly name: string;
  /** Bits per second on the wire, ten for a byte (8N1). */
  readonly baudRate: number;
  /**
   * Resolves when the bytes have left for the wire.
   * @throws FlashError `LINE_LOST` when the cable is out
   */
  write(bytes: Uint8Array): Promise<void>;
  /** @throws FlashError `LINE_LOST` */
  setBaudRate(baudRate: number): Promise<void>;
  /** Replaces both listeners. `lost` is called once at most, when the line goes away without {@link close}. */
  listen(received: (bytes: Uint8Array) => void, lost: () => void): void;
  /** Gives the port back; may be called twice. */
  close(): Promise<void>;
};
