import { randomUUID } from "node:crypto";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { Kysely, Selectable } from "kysely";
import type { Actor } from "../../accounts/accounts.ts";
import { appendAudit } from "../../audit/audit.ts";
import type { CommandsTable, Database } from "../../store/database.ts";
import { maintenanceClause } from "../../terms/provider-terms.ts";
import { actorOf } from "../authorise.ts";
import { cutPage, decodePosition, encodePosition, olderThan } from "../cursor.ts";
import { assertDevice, noDevice } from "../device-view.ts";
import { ApiProblem, notFound } from "../problem.ts";
import { assertNoSecrets } from "../profile-check.ts";
import { refusals } from "../refusals.ts";
import { Command, CommandQuery, DeviceParams, NewCommand, page, UuidParams } from "../schemas.ts";
import type { Services } from "../services.ts";

const tags = ["commands"];
const maximumOpen = 50;

export const commandRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  const { db } = services;

  app.route({
    method: "POST",
    url: "/devices/:id/commands",
    schema: {
      tags,
      summary: "Order something from a device",
      description:
        "The device is woken and does it in its next session. `set` and `factory-reset` need an administrator's token; what is set this way once, and shall stay, belongs in the device's overrides.",
      params: DeviceParams,
      body: NewCommand,
      response: { 202: Command, ...refusals(400, 403, 404, 409, 422) },
    },
    async handler(request, reply) {
      const command = await orderCommand(services, request.params.id, request.body, actorOf(request));
      return reply.code(202).header("location", `/api/commands/${command.id}`).send(command);
    },
  });

  app.route({
    method: "GET",
    url: "/devices/:id/commands",
    schema: {
      tags,
      summary: "A device's commands, newest first",
      params: DeviceParams,
      querystring: CommandQuery,
      response: { 200: page(Command), ...refusals(400, 404) },
    },
    async handler(request) {
      const { id } = request.params;
      await assertDevice(db, id);
      const { limit, after, state } = request.query;
      let select = db
        .selectFrom("commands")
        .selectAll()
        .where("device_id", "=", id)
        .orderBy("created_at", "desc")
        .orderBy("id", "desc")
        .limit(limit + 1);
      if (state !== undefined) select = select.where("state", "=", state);
      if (after !== undefined) select = select.where(olderThan("created_at", "id", decodePosition(after)));
      return cutPage(await select.execute(), limit, toCommand, (row) =>
        encodePosition({ at: row.created_at, id: row.id }),
      );
    },
  });

  app.route({
    method: "GET",
    url: "/commands/:id",
    schema: {
      tags,
      summary: "A command and its result",
      params: UuidParams,
      response: { 200: Command, ...refusals(400, 404) },
    },
    async handler(request) {
      const row = await db
        .selectFrom("commands")
        .selectAll()
        .where("id", "=", request.params.id)
        .executeTakeFirst();
      if (!row)
        throw notFound(
          `command ${request.params.id}`,
          "GET /api/devices/{id}/commands lists a device's commands.",
        );
      return toCommand(row);
    },
  });
};

async function orderCommand(
  services: Services,
  deviceId: string,
  order: NewCommand,
  actor: Actor,
): Promise<Command> {
  const { kind, ...details } = order;
  if ((kind === "set" || kind === "factory-reset") && actor.role !== "admin")
    throw new ApiProblem(
      "forbidden",
      `The token "${actor.name}" is for support; "${kind}" needs an administrator's.`,
      "Ask an administrator.",
    );
  if (order.kind === "set") assertNoSecrets(order.parameters.map((parameter) => parameter.path));
  return placeOrder(services, deviceId, { kind, details, action: kind }, actor);
}

/** A command as the device is to do it, and the act as the audit names it. */
export type Order = { kind: string; details: Record<string, unknown>; action: string };

/** Puts a command in the device's queue, with the clause it rests on, and wakes the device. @throws ApiProblem */
export async function placeOrder(
  services: Services,
  deviceId: string,
  { kind, details, action }: Order,
  actor: Actor,
): Promise<Command> {
  const { db, bus, wake } = services;
  const row = await db.transaction().execute(async (transaction) => {
    const device = await transaction
      .selectFrom("devices")
      .select("provider")
      .where("id", "=", deviceId)
      .forUpdate()
      .executeTakeFirst();
    if (!device) throw noDevice(deviceId);
    await assertRoom(transaction, deviceId);
    const clause = maintenanceClause(services.profiles, device.provider);
    const inserted = await transaction
      .insertInto("commands")
      .values({
        id: randomUUID(),
        device_id: deviceId,
        kind,
        arguments: JSON.stringify(details),
        requested_by: actor.name,
        clause,
        created_at: new Date(),
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await appendAudit(transaction, {
      actor: actor.name,
      action,
      deviceId,
      clause,
      detail: { commandId: inserted.id, ...details },
    });
    return inserted;
  });
  bus.publish({ type: "command", deviceId, commandId: row.id, state: row.state });
  wake(deviceId);
  return toCommand(row);
}

/** A device that stays away must not collect orders without end. */
async function assertRoom(db: Kysely<Database>, deviceId: string): Promise<void> {
  const open = await db
    .selectFrom("commands")
    .select((row) => row.fn.countAll<number>().as("count"))
    .where("device_id", "=", deviceId)
    .where("state", "in", ["pending", "sent"])
    .executeTakeFirstOrThrow();
  if (open.count >= maximumOpen)
    throw new ApiProblem(
      "conflict",
      `${maximumOpen} commands wait for this device already.`,
      "Wait until it has called, or find out why it does not.",
    );
}

function toCommand(row: Selectable<CommandsTable>): Command {
  return {
    id: row.id,
    deviceId: row.device_id,
    kind: row.kind,
    state: row.state,
    requestedBy: row.requested_by ?? "",
    clause: row.clause,
    createdAt: row.created_at.toISOString(),
    sentAt: row.sent_at?.toISOString() ?? null,
    doneAt: row.done_at?.toISOString() ?? null,
    arguments: row.arguments,
    result: row.result ?? null,
  };
}
