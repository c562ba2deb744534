import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Kysely } from "kysely";
import { authenticate, type Actor } from "../accounts/accounts.ts";
import { bearerToken } from "../accounts/token.ts";
import type { Database } from "../store/database.ts";
import { ApiProblem } from "./problem.ts";
import type { Role } from "./schemas.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Who may use the route: by default support; an administrator may use all; "token" is any holder, "anyone" needs none. */
    access?: Role | "token" | "anyone";
  }
  interface FastifyRequest {
    actor: Actor | null;
  }
}

const uses: Record<Role, string> = {
  admin: "administrators",
  support: "support",
  station: "a factory station",
};
const needs: Record<Role, string> = {
  admin: "an administrator's",
  support: "one of support",
  station: "one of a factory station",
};

/** Lets only holders of a fitting token pass to the routes of this instance. */
export function requireTokens(app: FastifyInstance, db: Kysely<Database>): void {
  app.decorateRequest("actor", null);
  app.addHook("onRequest", async (request) => {
    const { access = "support" } = request.routeOptions.config;
    if (access === "anyone") return;
    const actor = await identify(db, request);
    request.actor = actor;
    if (access !== "token" && actor.role !== "admin" && actor.role !== access)
      throw new ApiProblem(
        "forbidden",
        `The token "${actor.name}" is for ${uses[actor.role]}; this needs ${needs[access]}.`,
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
