import { createSocket } from "node:dgram";
import type { RemoteInfo } from "node:dgram";
import { evenUdpPort, startFarEnd } from "./far-end.ts";
import type { FarEnd } from "./far-end.ts";

/** A far end with a voice of its own: it answers, sounds one tone, and keeps what it hears. */
export type Speaker = FarEnd & {
  /** All that was heard in its calls, 8000 samples a second, −1 … 1. */
  heard: () => Float32Array;
};

const rate = 8000;
/** samples a packet: 20 ms */
const packet = 160;
const packetMs = (packet * 1000) / rate;
const rtpHeader = 12;
const payloadPcma = 8;

/**
 * Starts sipp for the signalling, and a socket of our own for the sound (RTP, A-law).
 * @param hertz of its voice: whole turns in a second.
 */
export async function startSpeaker(hertz: number): Promise<Speaker> {
  const mediaPort = await evenUdpPort();
  const farEnd = await startFarEnd({ kind: "echo", mediaPort });
  const heard: Buffer[] = [];
  const socket = createSocket("udp4");
  let peer: RemoteInfo | undefined;
  socket.on("message", (message, from) => {
    peer = from;
    if (message.length > rtpHeader && (message.readUInt8(1) & 0x7f) === payloadPcma)
      heard.push(message.subarray(rtpHeader));
  });
  await new Promise<void>((resolve) => socket.bind(mediaPort, "127.0.0.1", resolve));

  const voice = Buffer.from(
    Array.from({ length: rate }, (_, at) => toAlaw(amplitude * Math.sin((2 * Math.PI * hertz * at) / rate))),
  );
  const begin = performance.now();
  let sent = 0;
  // A late turn of the loop sends what is due, so that the tone has no holes but delay.
  const clock = setInterval(() => {
    for (; sent * packetMs <= performance.now() - begin; sent += 1)
      if (peer) socket.send(rtp(sent, voice), peer.port, peer.address);
  }, packetMs);
  return {
    ...farEnd,
    heard: () => Float32Array.from(Buffer.concat(heard), fromAlaw),
    async stop() {
      clearInterval(clock);
      socket.close();
      await farEnd.stop();
    },
  };
}

/** RFC 3550 §5.1; the voice is a second long and goes round. */
function rtp(number: number, voice: Buffer): Buffer {
  const header = Buffer.alloc(rtpHeader);
  header.writeUInt8(0x80);
  header.writeUInt8(payloadPcma, 1);
  header.writeUInt16BE(number & 0xffff, 2);
  header.writeUInt32BE((number * packet) >>> 0, 4);
  header.writeUInt32BE(voice.length, 8);
  const at = (number * packet) % voice.length;
  return Buffer.concat([header, voice.subarray(at, at + packet)]);
}

/** About −15 dBm0. */
const amplitude = 0.16;

/** ITU-T G.711 A-law of a sample −1 … 1. */
function toAlaw(sample: number): number {
  const sign = sample >= 0 ? 0x80 : 0;
  const size = Math.min(4095, Math.floor(Math.abs(sample) * 4096));
  const segment = Math.max(0, Math.floor(Math.log2(Math.max(1, size))) - 4);
  const mantissa = segment < 2 ? (size >> 1) & 0x0f : (size >> segment) & 0x0f;
  return (sign | (segment << 4) | mantissa) ^ 0x55;
}

function fromAlaw(octet: number): number {
  const code = octet ^ 0x55;
  const segment = (code >> 4) & 7;
  const size = segment === 0 ? (code & 0x0f) * 2 + 1 : ((code & 0x0f) * 2 + 33) << (segment - 1);
  return ((code & 0x80) === 0 ? -size : size) / 4096;
}
