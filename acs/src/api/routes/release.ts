import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { actorOf } from "../authorise.ts";
import { refusals } from "../refusals.ts";
import { Release, releaseFileName, ReleasePublication } from "../schemas.ts";
import type { Services } from "../services.ts";

const tags = ["firmware"];
// All files of a repository, roots of many years among them.
const bodyLimit = 4 * 1024 * 1024;

export const releaseRoutes: FastifyPluginAsyncZod<Services> = async (app, { release }) => {
  app.route({
    method: "GET",
    url: "/release",
    schema: {
      tags,
      summary: "Which images are released, who signed that, and until when it is good",
      response: { 200: Release, ...refusals(409) },
    },
    handler: async () => await release.describe(),
  });

  app.route({
    method: "PUT",
    url: "/release",
    config: { access: "admin" },
    bodyLimit,
    schema: {
      tags,
      summary: "Publish release metadata (TUF)",
      description: `All files of the repository (${releaseFileName.source}), as text. They are served to devices once a device with this ACS's root would believe them; this ACS holds no key to sign any.`,
      body: ReleasePublication,
      response: { 200: Release, ...refusals(400, 403, 409, 413, 422) },
    },
    handler: async (request) => await release.publish(request.body.files, actorOf(request).name),
  });
};
