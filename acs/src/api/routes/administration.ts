import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { addToken, listTokens, revokeToken } from "../../accounts/accounts.ts";
import { appendAudit, verifyAudit } from "../../audit/audit.ts";
import { actorOf } from "../authorise.ts";
import { cutPage, decodeKey, encodeKey } from "../cursor.ts";
import { ApiProblem, notFound } from "../problem.ts";
import { refusals } from "../refusals.ts";
import {
  AuditEntry,
  AuditQuery,
  AuditVerification,
  IssuedToken,
  NewToken,
  page,
  Session,
  Token,
  UuidParams,
} from "../schemas.ts";
import type { Services } from "../services.ts";

const tags = ["administration"];

export const administrationRoutes: FastifyPluginAsyncZod<Services> = async (app, { db }) => {
  app.route({
    method: "GET",
    url: "/session",
    config: { access: "token" },
    schema: { tags, summary: "Who this token is", response: { 200: Session, ...refusals() } },
    handler: async (request) => {
      const { name, role } = actorOf(request);
      return { name, role };
    },
  });

  app.route({
    method: "GET",
    url: "/audit",
    schema: {
      tags,
      summary: "Management acts, newest first",
      querystring: AuditQuery,
      response: { 200: page(AuditEntry), ...refusals(400) },
    },
    async handler(request) {
      const { limit, after, device } = request.query;
      let select = db
        .selectFrom("audit_log")
        .selectAll()
        .orderBy("id", "desc")
        .limit(limit + 1);
      if (device !== undefined) select = select.where("device_id", "=", device);
      if (after !== undefined) select = select.where("id", "<", entryNumber(after));
      return cutPage(
        await select.execute(),
        limit,
        (row) => ({
          id: row.id,
          at: row.at.toISOString(),
          actor: row.actor,
          action: row.action,
          deviceId: row.device_id,
          clause: row.clause,
          detail: row.detail,
          previousHash: row.previous_hash ?? "",
          hash: row.hash,
        }),
        (row) => encodeKey(String(row.id)),
      );
    },
  });

  app.route({
    method: "GET",
    url: "/audit/verification",
    schema: {
      tags,
      summary: "Follow the audit log's chain of hashes",
      response: { 200: AuditVerification, ...refusals() },
    },
    handler: () => verifyAudit(db),
  });

  app.route({
    method: "GET",
    url: "/tokens",
    config: { access: "admin" },
    schema: { tags, summary: "API tokens", response: { 200: page(Token), ...refusals(403) } },
    handler: async () => ({ items: await listTokens(db), next: null }),
  });

  app.route({
    method: "POST",
    url: "/tokens",
    config: { access: "admin" },
    schema: {
      tags,
      summary: "Issue a token",
      description: "Its text is in the answer and cannot be read again.",
      body: NewToken,
      response: { 201: IssuedToken, ...refusals(400, 403) },
    },
    async handler(request, reply) {
      const { name, role } = request.body;
      const issued = await db.transaction().execute(async (transaction) => {
        const added = await addToken(transaction, name, role);
        await appendAudit(transaction, {
          actor: actorOf(request).name,
          action: "issue-token",
          detail: { tokenId: added.details.id, name, role },
        });
        return added;
      });
      return reply.code(201).header("cache-control", "no-store").send(issued);
    },
  });

  app.route({
    method: "DELETE",
    url: "/tokens/:id",
    config: { access: "admin" },
    schema: {
      tags,
      summary: "Revoke a token",
      params: UuidParams,
      response: { 204: z.undefined().describe("revoked"), ...refusals(400, 403, 404, 409) },
    },
    async handler(request, reply) {
      const actor = actorOf(request);
      const { id } = request.params;
      // Whoever revokes keeps a token that works, so the last administrator cannot lock everybody out.
      if (id === actor.tokenId)
        throw new ApiProblem(
          "conflict",
          "This is the token you are using.",
          "Revoke it with another administrator's token.",
        );
      await db.transaction().execute(async (transaction) => {
        if (!(await revokeToken(transaction, id)))
          throw notFound(`token ${id} in use`, "GET /api/tokens lists the tokens.");
        await appendAudit(transaction, {
          actor: actor.name,
          action: "revoke-token",
          detail: { tokenId: id },
        });
      });
      return reply.code(204).send();
    },
  });
};

function entryNumber(after: string): number {
  const number = Number(decodeKey(after));
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new ApiProblem(
    "invalid-request",
    "querystring.after: not a cursor of this list.",
    "Pass `next` of the page before, unchanged.",
  );
}
