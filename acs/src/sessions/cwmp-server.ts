import Fastify, { type FastifyError, type FastifyInstance } from "fastify";
import type { Profiles } from "@tonalite/device-profiles";
import { type PortTls, speaking } from "../tls/tls-servers.ts";
import { largestBody, registerCwmpEndpoint } from "./cwmp-endpoint.ts";
import { limitedWarnings } from "./limited-log.ts";
import type { Southbound } from "./southbound.ts";

/**
 * The HTTP server that devices call, apart from the API's: nothing runs for each request but what CWMP needs.
 * Firmware downloads are registered on it too.
 */
export function createCwmpServer(southbound: Southbound, profiles: Profiles, tls?: PortTls): FastifyInstance {
  const warn = limitedWarnings(southbound.log);
  const app = Fastify({
    ...speaking(tls),
    bodyLimit: largestBody,
    // A box on a slow line sends a full data model in well under this; a connection held open costs no more.
    requestTimeout: 60_000,
    keepAliveTimeout: 65_000,
    forceCloseConnections: "idle",
  });
  app.removeAllContentTypeParsers();
  // Devices name their content text/xml, application/soap+xml or nothing at all.
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) southbound.log.error({ from: request.ip, err: error }, "request failed");
    else warn({ from: request.ip, status, reason: error.message }, "request refused");
    const message =
      status === 413
        ? `at most ${largestBody} bytes are taken`
        : status >= 500
          ? "internal error"
          : error.message;
    return reply.code(status).type("text/plain").send(`${message}\n`);
  });
  app.setNotFoundHandler((request, reply) => {
    warn(
      { from: request.ip, method: request.method, url: request.url.slice(0, 200) },
      "no such resource for devices",
    );
    return reply.code(404).type("text/plain").send("This port is for devices: CWMP at POST /.\n");
  });
  registerCwmpEndpoint(app, southbound, profiles);
  return app;
}
