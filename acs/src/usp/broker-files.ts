import { pbkdf2, randomBytes } from "node:crypto";
import { chown, open, readFile, rename } from "node:fs/promises";
import { promisify } from "node:util";
import { controllerEndpointId, defaultLimits, mqttUsername } from "@tonalite/agent/core/usp";

const derive = promisify(pbkdf2);

/** Names inside the broker's directory, which is its working directory: its parents may be closed to its user. */
export const brokerFile = {
  config: "broker.conf",
  acl: "acl",
  passwords: "passwords",
  pid: "pid",
  certificate: "server.crt",
  key: "server.key",
} as const;

export type Owner = { readonly uid: number; readonly gid: number };

/** Bounds of the broker: bytes of one USP record, of all memory, of what waits for one absent box. */
export const brokerLimits = {
  messageBytes: defaultLimits.maximumBytes,
  packetBytes: defaultLimits.maximumBytes + 16 * 1024,
  memoryBytes: 1024 * 1024 * 1024,
  queuedMessages: 100,
  queuedBytes: 2 * 1024 * 1024,
} as const;

/**
 * mosquitto.conf(5).
 * @param inner with TLS: the port on the loopback address where the ACS's own controller comes in without it
 */
export function brokerConfig(host: string, port: number, inner?: number): string {
  return `# Written by the ACS at every start.
allow_anonymous false
password_file ./${brokerFile.passwords}
acl_file ./${brokerFile.acl}
${listeners(host, port, inner)}
# Without it a round trip waits for delayed acknowledgements: 88 ms instead of 1.
set_tcp_nodelay true
message_size_limit ${brokerLimits.messageBytes}
max_packet_size ${brokerLimits.packetBytes}
memory_limit ${brokerLimits.memoryBytes}
max_inflight_messages 20
max_queued_messages ${brokerLimits.queuedMessages}
max_queued_bytes ${brokerLimits.queuedBytes}
persistent_client_expiration 14d
# What waits for absent boxes survives a restart; a crash loses at most the last half minute of it. That is enough:
# the receipt of a record is the USP response after commit, not the broker's.
persistence true
persistence_location ./
persistence_file mosquitto.db
autosave_interval 30
connection_messages false
log_timestamp false
log_dest stderr
log_type error
log_type warning
log_type notice
log_type information
`;
}

// A client id of its own choice would let one box take over another's session.
const listener = (host: string, port: number): string[] => [
  `listener ${port} ${host}`,
  "use_username_as_clientid true",
];
const tlsLines = [
  `certfile ./${brokerFile.certificate}`,
  `keyfile ./${brokerFile.key}`,
  "tls_version tlsv1.2", // the lowest
];

function listeners(host: string, port: number, inner: number | undefined): string {
  const lines = listener(host, port);
  if (inner !== undefined) lines.push(...tlsLines, ...listener("127.0.0.1", inner));
  return lines.join("\n");
}

/** The controller sees everything of USP; a box hears its own topic and speaks on its own topic. */
export const brokerAcl = `# Written by the ACS at every start.
user ${mqttUsername(controllerEndpointId)}
topic readwrite usp/#
pattern read usp/agent/os::%u
pattern write usp/controller/${controllerEndpointId}/os::%u
`;

// Mosquitto's own default. More would stall its only thread when a fleet reconnects, and would add nothing: the
// passwords are random, of 128 bits or more.
const iterations = 101;

/** One password in the format of mosquitto_passwd(1): `$7$<iterations>$<salt>$<PBKDF2-HMAC-SHA512>`. */
export async function passwordHash(password: string): Promise<string> {
  const salt = randomBytes(12);
  const hash = await derive(password, salt, iterations, 64, "sha512");
  return `$7$${iterations}$${salt.toString("base64")}$${hash.toString("base64")}`;
}

/** User name → hash. A file that is not there is an empty one. */
export async function readPasswords(path: string): Promise<Map<string, string>> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const lines = text.split("\n").map((line) => line.split(":", 2) as [string, string | undefined]);
  return new Map(lines.filter((line): line is [string, string] => line[0] !== "" && line[1] !== undefined));
}

export const passwordFile = (passwords: ReadonlyMap<string, string>): string =>
  [...passwords].map(([username, hash]) => `${username}:${hash}\n`).join("");

/** Replaces a file in one step, durably, readable by its owner alone. */
export async function replaceFile(path: string, content: string, owner: Owner | undefined): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  if (owner !== undefined) await chown(temporary, owner.uid, owner.gid);
  await rename(temporary, path);
}
