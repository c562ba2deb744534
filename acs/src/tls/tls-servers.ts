import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { FastifyServerOptions } from "fastify";
import type { CertificateKeeper } from "./keep-certificate.ts";

/** TLS for one port. `boxAuthorities`: PEM of who signs the certificates of boxes; without it none is asked for. */
export type PortTls = { keeper: CertificateKeeper; boxAuthorities?: string | undefined };

/**
 * What makes a Fastify server speak TLS; nothing without `tls`. A new certificate serves from the next connection on, those
 * that are open stay (SSL_CTX is replaced, not the connections').
 */
export function speaking(tls: PortTls | undefined): Pick<FastifyServerOptions, "serverFactory"> {
  if (!tls) return {};
  const { keeper, boxAuthorities } = tls;
  const context = ({ cert, key }: { cert: string; key: string }) => ({
    cert,
    key,
    minVersion: "TLSv1.2" as const,
    ...(boxAuthorities === undefined ? {} : { ca: boxAuthorities }),
  });
  return {
    serverFactory: (handler: (request: IncomingMessage, response: ServerResponse) => void, options) => {
      const server = createServer(
        {
          ...context(keeper.current),
          // A box without one, or with one of somebody else's, may still know its password.
          ...(boxAuthorities === undefined ? {} : { requestCert: true, rejectUnauthorized: false }),
        },
        handler,
      );
      // Fastify sets these on the servers that it makes itself.
      const { keepAliveTimeout, requestTimeout } = options as FastifyServerOptions;
      if (keepAliveTimeout !== undefined) server.keepAliveTimeout = keepAliveTimeout;
      if (requestTimeout !== undefined) server.requestTimeout = requestTimeout;
      keeper.onChange((certificate) => server.setSecureContext(context(certificate)));
      return server;
    },
  };
}

/**
 * Who a box is by the certificate that it showed: the common name, `<OUI>-<ProductClass>-<SerialNumber>` (TR-069 Amendment 6
 * §3.3). undefined without TLS, without a certificate, or with one that no authority of ours signed.
 */
export function provenBox(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const name: unknown = socket.getPeerCertificate().subject?.CN;
  return typeof name === "string" && name !== "" && name.length <= 256 ? name : undefined;
}
