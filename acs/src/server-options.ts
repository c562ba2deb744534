import { parseArgs } from "node:util";

/** TLS on the ports; files in PEM form. */
export type TlsOptions = {
  certificate: string;
  key: string;
  /** authorities of the factory, whose certificates prove a box */
  boxAuthorities: string | undefined;
  /** a second CWMP port, without TLS */
  clearCwmpPort: number | undefined;
};

export type ServerOptions = {
  dataDir: string;
  host: string | undefined;
  httpPort: number;
  cwmpPort: number;
  mqttPort: number | undefined;
  stunPort: number | undefined;
  lightPort: number | undefined;
  databaseUrl: string | undefined;
  tls: TlsOptions | undefined;
  openEnrolment: boolean;
  informInterval: number;
  logLevel: string;
};

export const usage = `acs --data DIR [--http PORT] [--cwmp PORT] [--mqtt PORT] [options]

  --data DIR             where everything durable lies; made when it does not exist
  --http PORT            API, console (8080)
  --cwmp PORT            CWMP (TR-069) and firmware for devices (7547)
  --mqtt PORT            MQTT broker for USP (TR-369); without it 1883 (8883 with TLS), if that is possible
  --stun PORT            STUN (UDP), to call devices behind a NAT without MQTT (off; 3478 is usual)
  --light PORT           lightweight notifications (UDP, TR-069 Annex M), for devices without MQTT (off)
  --tls-cert FILE        certificate (PEM, with its chain): HTTP, CWMP and MQTT then speak TLS and nothing else
  --tls-key FILE         its key (PEM, no passphrase); both are read again when they change
  --box-ca FILE          with TLS: who shows a certificate of this factory's authority is that box, without a password
  --cwmp-clear PORT      with TLS: CWMP without it too, on this port, for boxes that have yet to move
  --host ADDRESS         listen on this address only (all)
  --database-url URL     a PostgreSQL server instead of the ACS's own; also DATABASE_URL
  --inform-interval S    seconds between a device's Informs (300)
  --open-enrolment       let any device in without proof of who it is: laboratory use
  --log LEVEL            debug, info, warn or error (info)
  --help                 this text

Port 0 takes any free port. When everything accepts work, one line is printed:
ready http=PORT cwmp=PORT mqtt=PORT [stun=PORT] [light=PORT] [cwmp-clear=PORT]
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
    lightPort: port("light", flags.light),
    databaseUrl,
    tls: tlsOptions(flags),
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
        light: text,
        host: text,
        "database-url": text,
        "inform-interval": text,
        "tls-cert": text,
        "tls-key": text,
        "box-ca": text,
        "cwmp-clear": text,
        "open-enrolment": flag,
        log: text,
        help: { ...flag, short: "h" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function tlsOptions(flags: ReturnType<typeof parse>): TlsOptions | undefined {
  const { "tls-cert": certificate, "tls-key": key, "box-ca": boxAuthorities } = flags;
  const clearCwmpPort = port("cwmp-clear", flags["cwmp-clear"]);
  if (certificate !== undefined && key !== undefined)
    return { certificate, key, boxAuthorities, clearCwmpPort };
  if (certificate !== undefined || key !== undefined)
    throw new UsageError("--tls-cert and --tls-key belong together");
  for (const name of ["box-ca", "cwmp-clear"] as const)
    if (flags[name] !== undefined) throw new UsageError(`--${name} needs TLS: --tls-cert and --tls-key`);
  return undefined;
}

function port(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number <= 65_535))
    throw new UsageError(`--${name} ${value.slice(0, 40)}: a port is a number from 0 to 65535`);
  return number;
}
