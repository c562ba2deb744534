import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { listCalls, listJournal, listRegistrations, readCall } from "../../records/read.ts";
import { assertDevice } from "../device-view.ts";
import { refusals } from "../refusals.ts";
import {
  AllCallsQuery,
  Call,
  CallQuery,
  DeviceParams,
  JournalQuery,
  JournalRow,
  page,
  PageQuery,
  Registration,
  UuidParams,
} from "../schemas.ts";
import type { Services } from "../services.ts";

const tags = ["records"];

export const recordRoutes: FastifyPluginAsyncZod<Services> = async (app, { db }) => {
  app.route({
    method: "GET",
    url: "/calls",
    schema: {
      tags,
      summary: "Calls of all devices, newest first",
      querystring: AllCallsQuery,
      response: { 200: page(Call), ...refusals(400) },
    },
    handler: (request) => listCalls(db, request.query),
  });

  app.route({
    method: "GET",
    url: "/calls/:id",
    schema: {
      tags,
      summary: "A call's record",
      params: UuidParams,
      response: { 200: Call, ...refusals(400, 404) },
    },
    handler: (request) => readCall(db, request.params.id),
  });

  app.route({
    method: "GET",
    url: "/devices/:id/calls",
    schema: {
      tags,
      summary: "A device's calls, newest first",
      params: DeviceParams,
      querystring: CallQuery,
      response: { 200: page(Call), ...refusals(400, 404) },
    },
    async handler(request) {
      await assertDevice(db, request.params.id);
      return listCalls(db, { ...request.query, device: request.params.id });
    },
  });

  app.route({
    method: "GET",
    url: "/devices/:id/registrations",
    schema: {
      tags,
      summary: "Changes of a device's SIP registrations, newest first",
      params: DeviceParams,
      querystring: PageQuery,
      response: { 200: page(Registration), ...refusals(400, 404) },
    },
    async handler(request) {
      await assertDevice(db, request.params.id);
      return listRegistrations(db, request.params.id, request.query);
    },
  });

  app.route({
    method: "GET",
    url: "/devices/:id/journal",
    schema: {
      tags,
      summary: "Everything a device put down, newest first",
      params: DeviceParams,
      querystring: JournalQuery,
      response: { 200: page(JournalRow), ...refusals(400, 404) },
    },
    async handler(request) {
      await assertDevice(db, request.params.id);
      return listJournal(db, request.params.id, request.query);
    },
  });
};
