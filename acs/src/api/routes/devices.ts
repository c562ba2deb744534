import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { z } from "zod";
import { actorOf } from "../authorise.ts";
import { containing, cutPage, decodeKey, encodeKey } from "../cursor.ts";
import { patchDevice } from "../device-patch.ts";
import { registerDevice } from "../device-register.ts";
import { listDevices } from "../device-list.ts";
import { assertDevice, readDevice } from "../device-view.ts";
import {
  Device,
  DeviceParams,
  DevicePatch,
  DeviceQuery,
  DeviceSummary,
  NewDevice,
  page,
  Parameter,
  ParameterQuery,
  RegisteredDevice,
} from "../schemas.ts";
import { refusals } from "../refusals.ts";
import type { Services } from "../services.ts";

const tags = ["devices"];

export const deviceRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  const { db } = services;

  app.route({
    method: "GET",
    url: "/devices",
    schema: {
      tags,
      summary: "List devices",
      querystring: DeviceQuery,
      response: { 200: page(DeviceSummary), ...refusals(400) },
    },
    handler: (request) => listDevices(db, request.query),
  });

  app.route({
    method: "POST",
    url: "/devices",
    config: { access: "admin" },
    schema: {
      tags,
      summary: "Register an expected device",
      description: "The answer holds the device's credentials; they cannot be read again.",
      body: NewDevice,
      response: { 201: RegisteredDevice, ...refusals(400, 403, 409, 422) },
    },
    async handler(request, reply) {
      const { id, credentials } = await registerDevice(services, request.body, actorOf(request));
      const device = await readDevice(db, id);
      return reply
        .code(201)
        .header("location", `/api/devices/${encodeURIComponent(id)}`)
        .header("cache-control", "no-store")
        .send({ device, credentials });
    },
  });

  app.route({
    method: "GET",
    url: "/devices/:id",
    schema: {
      tags,
      summary: "Read a device",
      params: DeviceParams,
      response: { 200: Device, ...refusals(404) },
    },
    handler: (request) => readDevice(db, request.params.id),
  });

  app.route({
    method: "PATCH",
    url: "/devices/:id",
    config: { access: "admin" },
    schema: {
      tags,
      summary: "Change what a device should be",
      description:
        "Profiles, label, overrides and SIP accounts. The device is woken, and brought to the new state in its next session.",
      params: DeviceParams,
      body: DevicePatch,
      response: { 200: Device, ...refusals(400, 403, 404, 422) },
    },
    async handler(request) {
      await patchDevice(services, request.params.id, request.body, actorOf(request));
      return readDevice(db, request.params.id);
    },
  });

  app.route({
    method: "GET",
    url: "/devices/:id/parameters",
    schema: {
      tags,
      summary: "Parameters as the device last reported them",
      params: DeviceParams,
      querystring: ParameterQuery,
      response: { 200: page(Parameter), ...refusals(400, 404) },
    },
    async handler(request) {
      const { id } = request.params;
      await assertDevice(db, id);
      return listParameters(services, id, request.query);
    },
  });
};

async function listParameters({ db }: Services, id: string, query: z.infer<typeof ParameterQuery>) {
  let select = db
    .selectFrom("device_parameters")
    .selectAll()
    .where("device_id", "=", id)
    .orderBy("path")
    .limit(query.limit + 1);
  if (query.after !== undefined) select = select.where("path", ">", decodeKey(query.after));
  if (query.under !== undefined) select = select.where("path", "like", containing(query.under).slice(1));
  if (query.search !== undefined && query.search.trim() !== "") {
    const pattern = containing(query.search.trim());
    select = select.where((row) => row.or([row("path", "ilike", pattern), row("value", "ilike", pattern)]));
  }
  return cutPage(
    await select.execute(),
    query.limit,
    ({ path, value, type, writable, updated_at }) => ({
      path,
      value,
      type,
      writable,
      updatedAt: updated_at.toISOString(),
    }),
    (row) => encodeKey(row.path),
  );
}
