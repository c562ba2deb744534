import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { claimBox, orderBox, reportBox, takeBackBox } from "../../boxes/boxes.ts";
import { listBoxes, readBox } from "../../boxes/read-boxes.ts";
import { actorOf } from "../authorise.ts";
import { readDevice } from "../device-view.ts";
import {
  Box,
  BoxOrder,
  BoxQuery,
  BoxReport,
  BoxSummary,
  ClaimedBox,
  DeviceParams,
  NewBox,
  OrderedBox,
  page,
} from "../schemas.ts";
import { refusals } from "../refusals.ts";
import type { Services } from "../services.ts";

const tags = ["boxes"];

/** From the factory station to the subscriber's order (Interfone, particular conditions 5.4 and 8.2.1). */
export const boxRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.route({
    method: "POST",
    url: "/boxes",
    config: { access: "station" },
    schema: {
      tags,
      summary: "Claim a box to make",
      description:
        "Registers the device and gives what goes onto the box and its label; none of it can be read again. A box that was made before and not ordered gets new secrets.",
      body: NewBox,
      response: { 201: ClaimedBox, ...refusals(400, 403, 409, 422) },
    },
    async handler(request, reply) {
      const claimed = await claimBox(services, request.body, actorOf(request));
      return reply.code(201).header("cache-control", "no-store").send(claimed);
    },
  });

  app.route({
    method: "GET",
    url: "/boxes",
    schema: {
      tags,
      summary: "Boxes that stations made, the latest serial numbers first",
      querystring: BoxQuery,
      response: { 200: page(BoxSummary), ...refusals(400) },
    },
    handler: (request) => listBoxes(services.db, request.query),
  });

  app.route({
    method: "GET",
    url: "/devices/:id/box",
    config: { access: "token" },
    schema: {
      tags,
      summary: "How a box was made",
      params: DeviceParams,
      response: { 200: Box, ...refusals(404) },
    },
    handler: (request) => readBox(services.db, request.params.id),
  });

  app.route({
    method: "PUT",
    url: "/devices/:id/box/report",
    config: { access: "station" },
    // A report may be somewhat longer than other requests: it names every part that was read back.
    bodyLimit: 256 * 1024,
    schema: {
      tags,
      summary: "Keep the test report of a box",
      params: DeviceParams,
      body: BoxReport,
      response: { 200: Box, ...refusals(400, 403, 404, 409) },
    },
    async handler(request) {
      await reportBox(services, request.params.id, request.body, actorOf(request));
      return readBox(services.db, request.params.id);
    },
  });

  app.route({
    method: "POST",
    url: "/boxes/orders",
    config: { access: "admin" },
    schema: {
      tags,
      summary: "Give a ready box to a subscriber",
      description: "By the claim code on its label; the box gets the lines of the order when it next calls.",
      body: BoxOrder,
      response: { 201: OrderedBox, ...refusals(400, 403, 404, 409, 422) },
    },
    async handler(request, reply) {
      const id = await orderBox(services, request.body, actorOf(request));
      return reply.code(201).send({ device: await readDevice(services.db, id) });
    },
  });

  app.route({
    method: "DELETE",
    url: "/devices/:id/box/order",
    config: { access: "admin" },
    schema: {
      tags,
      summary: "Take a box back from its order",
      params: DeviceParams,
      response: { 204: z.undefined().describe("taken back"), ...refusals(403, 404, 409) },
    },
    async handler(request, reply) {
      await takeBackBox(services, request.params.id, actorOf(request));
      return reply.code(204).send();
    },
  });
};
