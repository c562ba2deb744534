import type { SecureContext } from "node:tls";

/** A certificate (with its chain) and its key, as PEM. */
export type TlsIdentity = { certificate: string; key: string };

/**
 * TLS that believes the system's authorities and those of the factory. Loads node:tls (5 MB): for those who need it.
 * One context for many connections: reading a system's authorities takes milliseconds each time.
 * @param identity what is shown to a server that asks
 */
export function trusting(certificates: readonly string[], identity?: TlsIdentity): SecureContext {
  const tls = process.getBuiltinModule("node:tls");
  return tls.createSecureContext({
    ca: [...tls.getCACertificates(), ...certificates],
    ...(identity && { cert: identity.certificate, key: identity.key }),
  });
}
