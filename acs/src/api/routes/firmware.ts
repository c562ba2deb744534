import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { listUpdates, readUpdate } from "../../campaigns/read.ts";
import { readTrustedKeys } from "../../firmware/trust.ts";
import { maximumImage } from "../../firmware/firmware-store.ts";
import { actorOf } from "../authorise.ts";
import { assertDevice } from "../device-view.ts";
import { ApiProblem } from "../problem.ts";
import { refusals } from "../refusals.ts";
import {
  DeviceParams,
  FirmwareImage,
  NewUpdate,
  page,
  PageQuery,
  SigningKey,
  Update,
  UuidParams,
} from "../schemas.ts";
import type { Services } from "../services.ts";

const tags = ["firmware"];
const UploadQuery = z.object({
  name: z
    .string()
    .regex(/^[\w][\w.+-]{0,119}$/, "letters, digits, . + _ - only")
    .optional()
    .describe("file name; by default product-version.img"),
});

export const firmwareRoutes: FastifyPluginAsyncZod<Services> = async (
  app,
  { db, dataDir, firmware, campaigns },
) => {
  // The stream goes on unread: the firmware store judges it while it arrives.
  app.addContentTypeParser("application/octet-stream", (_request, payload, done) => done(null, payload));

  app.route({
    method: "GET",
    url: "/firmware",
    schema: {
      tags,
      summary: "Firmware images, newest first",
      response: { 200: page(FirmwareImage), ...refusals() },
    },
    handler: async () => ({ items: await firmware.list(), next: null }),
  });

  app.route({
    method: "GET",
    url: "/firmware/keys",
    config: { access: "token" },
    schema: {
      tags,
      summary: "Keys whose signed images are taken",
      response: { 200: page(SigningKey), ...refusals() },
    },
    async handler() {
      const keys = await readTrustedKeys(join(dataDir, "trust"));
      const items = Array.from(keys, ([keyId, key]) => ({
        keyId,
        spki: key.export({ type: "spki", format: "der" }).toString("base64"),
      }));
      return { items, next: null };
    },
  });

  app.route({
    method: "POST",
    url: "/firmware",
    config: { access: "admin" },
    bodyLimit: maximumImage,
    schema: {
      tags,
      summary: "Upload a signed image",
      description: `The file as it is (application/octet-stream), ${maximumImage} bytes at most. It is refused unless a key in the ACS's trust folder signed it and its content is what was signed.`,
      consumes: ["application/octet-stream"],
      querystring: UploadQuery,
      body: z.unknown().meta({ type: "string", format: "binary" }),
      response: {
        200: FirmwareImage.describe("known already"),
        201: FirmwareImage,
        ...refusals(400, 403, 409, 413, 415, 422, 503),
      },
    },
    async handler(request, reply) {
      const announced = Number(request.headers["content-length"] ?? 0);
      if (announced > maximumImage)
        throw new ApiProblem(
          "too-large",
          `An image has at most ${maximumImage} bytes.`,
          "Build a smaller image.",
        );
      if (!isStream(request.body))
        throw new ApiProblem(
          "unsupported-media-type",
          "The image must be the request's body.",
          "Send it as application/octet-stream.",
        );
      // A refusal may come before all of the body: the rest is not worth reading.
      void reply.header("connection", "close");
      const { image, added } = await firmware.add(request.body, {
        name: actorOf(request).name,
        fileName: request.query.name,
      });
      return reply.code(added ? 201 : 200).send(image);
    },
  });

  app.route({
    method: "POST",
    url: "/devices/:id/updates",
    schema: {
      tags,
      summary: "Update a device",
      description:
        "With `force`, refused unless a clause of the device's provider lets it require updates; the clause and the deadline go to the device and into the audit log. A live call always comes first. Where this ACS has a release root, an image that no current release lists is refused.",
      params: DeviceParams,
      body: NewUpdate,
      response: { 202: Update, ...refusals(400, 404, 409, 422) },
    },
    async handler(request, reply) {
      const id = await campaigns.forceUpdate({
        ...request.body,
        deviceId: request.params.id,
        requestedBy: actorOf(request).name,
      });
      return reply
        .code(202)
        .header("location", `/api/updates/${id}`)
        .send(await readUpdate(db, id));
    },
  });

  app.route({
    method: "GET",
    url: "/devices/:id/updates",
    schema: {
      tags,
      summary: "A device's updates, newest first",
      params: DeviceParams,
      querystring: PageQuery,
      response: { 200: page(Update), ...refusals(400, 404) },
    },
    async handler(request) {
      await assertDevice(db, request.params.id);
      return listUpdates(db, request.params.id, request.query);
    },
  });

  app.route({
    method: "GET",
    url: "/updates/:id",
    schema: {
      tags,
      summary: "An update, and why it waits",
      params: UuidParams,
      response: { 200: Update, ...refusals(400, 404) },
    },
    handler: (request) => readUpdate(db, request.params.id),
  });
};

function isStream(body: unknown): body is IncomingMessage {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}
