import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect } from "node:net";

/** A server whose answer shows that the network is there. */
export type Landmark =
  | { kind: "sip-udp"; host: string; port: number }
  | { kind: "tcp"; host: string; port: number };

/**
 * Whether any landmark answers. It is asked from here, not through the telephone's own code: an image whose engine is
 * broken must not look like a network that is away.
 * @param timeoutMs for all of them together
 */
export async function anyReachable(landmarks: readonly Landmark[], timeoutMs = 2000): Promise<boolean> {
  if (landmarks.length === 0) return false;
  const asked = landmarks.map(async (landmark) => {
    if (!(await (landmark.kind === "tcp" ? tcpAnswers : sipAnswers)(landmark, timeoutMs)))
      throw new Error("silent");
  });
  return await Promise.any(asked).then(
    () => true,
    () => false,
  );
}

async function tcpAnswers({ host, port }: Landmark, timeoutMs: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port, timeout: timeoutMs });
  socket.once("connect", () => resolve(true));
  socket.once("timeout", () => resolve(false));
  // Refused: its service is down, for the old image as much as for this one.
  socket.once("error", () => resolve(false));
  const answer = await promise;
  socket.destroy();
  return answer;
}

// RFC 3261 §11: any answer to OPTIONS, even a refusal, is an answer.
async function sipAnswers({ host, port }: Landmark, timeoutMs: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  const timer = setTimeout(() => resolve(false), timeoutMs);
  socket.on("error", () => resolve(false));
  socket.on("message", () => resolve(true));
  // Connected, so that only this server's answer counts and a refusal by ICMP is heard.
  socket.connect(port, host, (error?: Error) => {
    if (error) return resolve(false);
    const { address, port: local } = socket.address();
    socket.send(options(host, port, address, local));
  });
  const answer = await promise;
  clearTimeout(timer);
  socket.close();
  return answer;
}

function options(host: string, port: number, address: string, local: number): string {
  const token = randomBytes(8).toString("hex");
  const self = address.includes(":") ? `[${address}]` : address;
  const peer = host.includes(":") ? `[${host}]` : host;
  return [
    `OPTIONS sip:${peer}:${port} SIP/2.0`,
    `Via: SIP/2.0/UDP ${self}:${local};branch=z9hG4bK${token};rport`,
    "Max-Forwards: 70",
    `From: <sip:probe@${self}>;tag=${token}`,
    `To: <sip:${peer}:${port}>`,
    `Call-ID: ${token}@${self}`,
    "CSeq: 1 OPTIONS",
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
}
