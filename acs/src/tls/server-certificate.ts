import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";

/** PEM files that an operator named: the certificate with what leads to its authority, and its key. */
export type CertificateFiles = { certificate: string; key: string };

/** What the TLS ports show. `names`: those the certificate is for, as it has them. */
export type ServerCertificate = { cert: string; key: string; names: string; notBefore: Date; notAfter: Date };

/** A certificate or key that cannot be used; the message names the file, says what is wrong, and never holds its content. */
export class CertificateError extends Error {
  override readonly name = "CertificateError";
}

/**
 * Reads a certificate and its key. One that has ended is given back all the same: what to do about it is not the reader's.
 * @throws CertificateError
 */
export function readServerCertificate({ certificate, key }: CertificateFiles): ServerCertificate {
  const cert = read(certificate);
  const secret = read(key);
  // The certificate of the server itself comes first (RFC 8446 §4.4.2), and X509Certificate reads the first.
  const leaf = attempt(() => new X509Certificate(cert), `${certificate} holds no certificate in PEM form`);
  if (/ENCRYPTED/.test(secret))
    throw new CertificateError(`the key in ${key} has a passphrase: give one without`);
  const privateKey = attempt(() => createPrivateKey(secret), `${key} holds no private key in PEM form`);
  if (!leaf.checkPrivateKey(privateKey))
    throw new CertificateError(`the key in ${key} is not that of the certificate in ${certificate}`);
  return {
    cert,
    key: secret,
    names: leaf.subjectAltName ?? leaf.subject,
    notBefore: leaf.validFromDate,
    notAfter: leaf.validToDate,
  };
}

/**
 * Reads authorities, one or more in a file.
 * @throws CertificateError
 */
export function readAuthorities(file: string): string {
  const pem = read(file);
  const one = attempt(() => new X509Certificate(pem), `${file} holds no certificate in PEM form`);
  if (!one.ca) throw new CertificateError(`the certificate in ${file} is not that of an authority`);
  return pem;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const { code = "unreadable" } = cause as NodeJS.ErrnoException;
    throw new CertificateError(`${file} cannot be read (${code})`, { cause });
  }
}

/** The library's own words quote what it read: they go no further. */
function attempt<T>(work: () => T, problem: string): T {
  try {
    return work();
  } catch {
    throw new CertificateError(problem);
  }
}
