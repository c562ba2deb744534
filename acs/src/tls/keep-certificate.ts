import { statSync } from "node:fs";
import type { Log } from "../log.ts";
import {
  type CertificateFiles,
  readServerCertificate,
  type ServerCertificate,
} from "./server-certificate.ts";

/** How often the files are looked at: an operator who renews a certificate waits no longer than this. */
const lookEveryMs = 5000;
const dayMs = 86_400_000;
/** From when on an end that comes near is told. Let's Encrypt renews 30 days before. */
export const nearEndMs = 21 * dayMs;

export type CertificateKeeper = {
  readonly current: ServerCertificate;
  /** Called with every new certificate; what it throws is logged. */
  onChange(use: (certificate: ServerCertificate) => void | Promise<void>): void;
  stop(): void;
};

/**
 * Reads a certificate now and again whenever its files change. A pair that cannot be used is told in the log, and the one in
 * use stays: a renewal that went wrong must not take the fleet off.
 * @throws CertificateError when there is none to begin with
 */
export function keepCertificate(
  files: CertificateFiles,
  log: Log,
  everyMs: number = lookEveryMs,
): CertificateKeeper {
  let current = readServerCertificate(files);
  let seen = traceOf(files);
  let warned = 0;
  const users: ((certificate: ServerCertificate) => void | Promise<void>)[] = [];

  const warnOfEnd = (): void => {
    const left = current.notAfter.getTime() - Date.now();
    if (left > nearEndMs || Date.now() - warned < dayMs) return;
    warned = Date.now();
    const notAfter = current.notAfter.toISOString();
    if (left > 0) log.warn({ notAfter, file: files.certificate }, "the TLS certificate ends soon");
    else log.error({ notAfter, file: files.certificate }, "the TLS certificate has ended: boxes refuse it");
  };

  const look = (): void => {
    warnOfEnd();
    const now = traceOf(files);
    if (now === seen) return;
    seen = now;
    try {
      current = readServerCertificate(files);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return log.error({ reason }, "the new TLS certificate cannot be used: the old one stays");
    }
    warned = 0;
    log.info({ names: current.names, notAfter: current.notAfter.toISOString() }, "a new TLS certificate");
    for (const use of users) void give(use, current, log);
  };
  warnOfEnd();
  const timer = setInterval(look, everyMs);
  timer.unref();

  return {
    get current() {
      return current;
    },
    onChange: (use) => void users.push(use),
    stop: () => clearInterval(timer),
  };
}

async function give(
  use: (certificate: ServerCertificate) => void | Promise<void>,
  certificate: ServerCertificate,
  log: Log,
): Promise<void> {
  try {
    await use(certificate);
  } catch (error) {
    log.error({ reason: String(error) }, "the new TLS certificate was not taken everywhere");
  }
}

/** What changes when a file is written or replaced, also behind a symbolic link. */
function traceOf({ certificate, key }: CertificateFiles): string {
  return [certificate, key]
    .map((file) => {
      const stat = statSync(file, { throwIfNoEntry: false });
      return stat ? `${stat.ino} ${stat.size} ${stat.mtimeMs}` : "absent";
    })
    .join(", ");
}
