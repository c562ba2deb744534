import { parseArgs } from "node:util";

export type ServerOptions = {
  dataDir: string;
  host: string | undefined;
  httpPort: number;
  cwmpPort: number;
  mqttPort: number | undefined;
  stunPort: number | undefined;
  databaseUrl: string | undefined;
  openEnrolment: boolean;
  informInterval: number;
  logLevel: string;
};

export const usage = `acs --data DIR [--http PORT] [--cwmp PORT] [--mqtt PORT] [options]

  --data DIR             where everything durable lies; made when it does not exist
  --http PORT            API, console (8080)
  --cwmp PORT            CWMP (TR-069) and firmware for devices (7547)
  --mqtt PORT            MQTT broker for USP (TR-369); without it 1883, if that is possible
  --stun PORT            STUN (UDP), to call devices behind a NAT without MQTT (off; 3478 is usual)
  --host ADDRESS         listen on this address only (all)
  --database-url URL     a PostgreSQL server instead of the ACS's own; also DATABASE_URL
  --inform-interval S    seconds between a device's Informs (300)
  --open-enrolment       let any device in without proof of who it is: laboratory use
  --log LEVEL            debug, info, warn or error (info)
  --help                 this text

Port 0 takes any free port. When everything accepts work, one line is printed:
ready http=PORT cwmp=PORT mqtt=PORT [stun=PORT]
`;

/** A command line that cannot be followed; the message says what to change. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * @param environment for DATABASE_URL
 * @returns "help" when that was asked for
 * @throws UsageError
 */
export function readOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ServerOptions | "help" {
  const flags = parse(args);
  if (flags.help) return "help";
  if (!flags.data) throw new UsageError("--data DIR is needed: where shall everything durable lie?");
  const logLevel = flags.log ?? "info";
  if (!["debug", "info", "warn", "error"].includes(logLevel))
    throw new UsageError(`--log ${logLevel}: no such level`);
  const databaseUrl = flags["database-url"] ?? (environment["DATABASE_URL"] || undefined);
  // The address may hold a password: it is not repeated in the message.
  if (databaseUrl !== undefined && !/^postgres(ql)?:\/\//.test(databaseUrl))
    throw new UsageError("the database URL must begin with postgres:// or postgresql://");
  const informInterval = Number(flags["inform-interval"] ?? "300");
  if (!Number.isInteger(informInterval) || informInterval < 1 || informInterval > 604_800)
    throw new UsageError("--inform-interval is a whole number of seconds from 1 to 604800");
  return {
    dataDir: flags.data,
    host: flags.host,
    httpPort: port("http", flags.http) ?? 8080,
    cwmpPort: port("cwmp", flags.cwmp) ?? 7547, // IANA: cwmp
    mqttPort: port("mqtt", flags.mqtt),
    stunPort: port("stun", flags.stun),
    databaseUrl,
    openEnrolment: flags["open-enrolment"] ?? false,
    informInterval,
    logLevel,
  };
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        data: text,
        http: text,
        cwmp: text,
        mqtt: text,
        stun: text,
        host: text,
        "database-url": text,
        "inform-interval": text,
        "open-enrolment": flag,
        log: text,
        help: { ...flag, short: "h" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function port(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number <= 65_535))
    throw new UsageError(`--${name} ${value.slice(0, 40)}: a port is a number from 0 to 65535`);
  return number;
}
