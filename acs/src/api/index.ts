import type { FastifyInstance } from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { ensureAdminToken } from "../accounts/first-token.ts";
import { requireTokens } from "./authorise.ts";
import { publishDocs } from "./docs.ts";
import { answerErrorsAsProblems } from "./errors.ts";
import { administrationRoutes } from "./routes/administration.ts";
import { boxRoutes } from "./routes/boxes.ts";
import { campaignRoutes } from "./routes/campaigns.ts";
import { commandRoutes } from "./routes/commands.ts";
import { deviceRoutes } from "./routes/devices.ts";
import { diagnosticsRoutes } from "./routes/diagnostics.ts";
import { eventRoutes } from "./routes/events.ts";
import { firmwareRoutes } from "./routes/firmware.ts";
import { releaseRoutes } from "./routes/release.ts";
import { recordRoutes } from "./routes/records.ts";
import { serviceRoutes } from "./routes/service.ts";
import type { Services } from "./services.ts";

export { registerFirmwareDownloads } from "../firmware/downloads.ts";
export type { Services } from "./services.ts";

const routes = [
  deviceRoutes,
  boxRoutes,
  commandRoutes,
  diagnosticsRoutes,
  recordRoutes,
  firmwareRoutes,
  campaignRoutes,
  releaseRoutes,
  administrationRoutes,
  serviceRoutes,
  eventRoutes,
];

/**
 * Adds the HTTP API at /api and its documentation at /docs to the ACS's web server, and makes sure that an
 * administrator's token exists.
 * @returns the path of the file with the administrator's token, if this ACS has one
 */
export async function registerApi(
  app: FastifyInstance,
  services: Services,
): Promise<{ adminTokenFile: string | undefined }> {
  const adminTokenFile = await ensureAdminToken(services.db, services.dataDir);
  await app.register(async (scope) => {
    const typed = scope.withTypeProvider<ZodTypeProvider>();
    typed.setValidatorCompiler(validatorCompiler);
    typed.setSerializerCompiler(serializerCompiler);
    await publishDocs(scope, services);
    await scope.register(
      async (api) => {
        answerErrorsAsProblems(api, services.log);
        requireTokens(api, services.db);
        api.addHook("onSend", async (_request, reply) => {
          void reply.header("x-content-type-options", "nosniff");
          if (!reply.hasHeader("cache-control")) void reply.header("cache-control", "no-store");
        });
        for (const plugin of routes) await api.register(plugin, services);
      },
      { prefix: "/api" },
    );
  });
  return { adminTokenFile };
}
