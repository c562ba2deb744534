import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { diagnosticsPaths, readTests, testSettings } from "../../devices/network-tests.ts";
import { currentAlarms } from "../../records/alarms.ts";
import { actorOf } from "../authorise.ts";
import { assertDevice } from "../device-view.ts";
import { refusals } from "../refusals.ts";
import { Alarm, Command, DeviceParams, NetworkTest, NewNetworkTest } from "../schemas.ts";
import type { Services } from "../services.ts";
import { placeOrder } from "./commands.ts";

const tags = ["diagnostics"];

export const diagnosticsRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  const { db } = services;

  app.route({
    method: "POST",
    url: "/devices/:id/tests",
    schema: {
      tags,
      summary: "Test the network from a device's place",
      description:
        "The device is woken, begins after that session and reports the result in another; never beside a call: a bandwidth test then ends with Error_Other. The answer is the command that asks for it.",
      params: DeviceParams,
      body: NewNetworkTest,
      response: { 202: Command, ...refusals(400, 403, 404, 409, 422) },
    },
    async handler(request, reply) {
      const order = { kind: "set", details: { parameters: testSettings(request.body) } } as const;
      const actor = actorOf(request);
      const command = await placeOrder(
        services,
        request.params.id,
        { ...order, action: "network-test" },
        actor,
      );
      return reply.code(202).header("location", `/api/commands/${command.id}`).send(command);
    },
  });

  app.route({
    method: "GET",
    url: "/devices/:id/tests",
    schema: {
      tags,
      summary: "How a device's network tests stand",
      params: DeviceParams,
      response: { 200: z.object({ items: z.array(NetworkTest) }), ...refusals(400, 404) },
    },
    async handler(request) {
      const { id } = request.params;
      await assertDevice(db, id);
      const rows = await db
        .selectFrom("device_parameters")
        .select(["path", "value", "writable", "updated_at as updatedAt"])
        .where("device_id", "=", id)
        .where((row) => row.or(diagnosticsPaths.map((path) => row("path", "like", `${path}%`))))
        .orderBy("path")
        .execute();
      return { items: readTests(rows) };
    },
  });

  app.route({
    method: "GET",
    url: "/devices/:id/alarms",
    schema: {
      tags,
      summary: "What is wrong with a device now",
      params: DeviceParams,
      response: { 200: z.object({ items: z.array(Alarm) }), ...refusals(400, 404) },
    },
    async handler(request) {
      const { id } = request.params;
      await assertDevice(db, id);
      return { items: await currentAlarms(db, id) };
    },
  });
};
