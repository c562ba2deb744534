import type { FastifyError, FastifyInstance, FastifyReply } from "fastify";
import { hasZodFastifySchemaValidationErrors, isResponseSerializationError } from "fastify-type-provider-zod";
import type { Log } from "../log.ts";
import { ApiProblem } from "./problem.ts";

/** Answers every error under this instance as RFC 9457 problem details; what is not expected is logged and told apart only by its number. */
export function answerErrorsAsProblems(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = asProblem(error, request.id);
    if (problem.status >= 500)
      log.error(
        { err: error, request: request.id, method: request.method, url: request.routeOptions.url },
        "request failed",
      );
    return sendProblem(reply, problem);
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      new ApiProblem(
        "not-found",
        `There is no ${request.method} ${request.url.split("?")[0] ?? ""}.`,
        "The operations are listed at /docs.",
      ),
    ),
  );
}

/** Sends a problem by hand, where no error handler is reached. */
export function sendProblem(reply: FastifyReply, problem: ApiProblem): FastifyReply {
  if (problem.kind === "unauthenticated") void reply.header("www-authenticate", 'Bearer realm="tonalite"');
  if (problem.kind === "too-large") void reply.header("connection", "close");
  void reply.code(problem.status).type("application/problem+json");
  // A string passes by the route's own response schemas, which describe successes.
  return reply.serializer((text) => String(text)).send(JSON.stringify(problem.toProblem()));
}

function asProblem(error: FastifyError, request: string): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.slice(0, 20).map((issue) => ({
      path: `${error.validationContext ?? "request"}${issue.instancePath.replaceAll("/", ".")}`,
      message: issue.message ?? "invalid",
    }));
    const first = errors[0];
    return new ApiProblem(
      "invalid-request",
      first ? `${first.path}: ${first.message}` : "The request does not fit its schema.",
      "Correct the fields listed in `errors`; their schema is at /docs.",
      { errors },
    );
  }
  if (isResponseSerializationError(error)) return internal(request);
  switch (error.statusCode) {
    case 400:
      return new ApiProblem(
        "invalid-request",
        error.message,
        "Send a JSON body with the content type application/json.",
      );
    case 413:
      return new ApiProblem("too-large", error.message, "Send less at once.");
    case 415:
      return new ApiProblem(
        "unsupported-media-type",
        error.message,
        "Send application/json, or application/octet-stream for an image.",
      );
    case undefined:
    default:
      return internal(request);
  }
}

function internal(request: string): ApiProblem {
  return new ApiProblem(
    "internal",
    "The ACS failed at this request.",
    `Try again; the ACS's log has the cause under request ${request}.`,
  );
}
