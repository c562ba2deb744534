import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Kysely } from "kysely";
import { authenticate, type Actor } from "../accounts/accounts.ts";
import { bearerToken } from "../accounts/token.ts";
import type { Database } from "../store/database.ts";
import { ApiProblem } from "./problem.ts";
import type { Role } from "./schemas.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Who may use the route: by default whoever holds a token; "anyone" needs none. */
    access?: Role | "anyone";
  }
  interface FastifyRequest {
    actor: Actor | null;
  }
}

/** Lets only holders of a fitting token pass to the routes of this instance. */
export function requireTokens(app: FastifyInstance, db: Kysely<Database>): void {
  app.decorateRequest("actor", null);
  app.addHook("onRequest", async (request) => {
    const { access } = request.routeOptions.config;
    if (access === "anyone") return;
    request.actor = await identify(db, request);
    if (access === "admin" && request.actor.role !== "admin")
      throw new ApiProblem(
        "forbidden",
        `The token "${request.actor.name}" is for support; this needs an administrator's.`,
        "Ask an administrator.",
      );
  });
}

/** @throws ApiProblem `unauthenticated` */
export async function identify(db: Kysely<Database>, request: FastifyRequest): Promise<Actor> {
  const token = bearerToken(request.headers.authorization);
  const actor = token === undefined ? undefined : await authenticate(db, token);
  if (actor) return actor;
  throw new ApiProblem(
    "unauthenticated",
    token === undefined ? "The request has no bearer token." : "The token is unknown or revoked.",
    'Send "Authorization: Bearer <token>"; the first one is in the file admin-token of the ACS\'s data folder.',
  );
}

/** Who asks; only for routes behind a token. */
export function actorOf(request: FastifyRequest): Actor {
  if (!request.actor) throw new ApiProblem("unauthenticated", "The request has no bearer token.");
  return request.actor;
}
