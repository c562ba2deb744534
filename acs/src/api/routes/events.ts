import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { identify } from "../authorise.ts";
import { EventStreams } from "../event-stream.ts";
import { ApiProblem } from "../problem.ts";
import { refusals } from "../refusals.ts";
import { EventQuery, ServerEvent } from "../schemas.ts";
import type { Services } from "../services.ts";

export const eventRoutes: FastifyPluginAsyncZod<Services> = async (app, { db, bus }) => {
  const streams = new EventStreams(bus);
  app.addHook("preClose", async () => streams.closeAll());

  app.route({
    method: "GET",
    url: "/events",
    schema: {
      tags: ["service"],
      summary: "What happens, live (server-sent events)",
      description:
        "Each event's data is JSON. Events are hints to read again; after a break in the stream, read everything anew.",
      querystring: EventQuery,
      response: {
        200: { description: "a stream of events", content: { "text/event-stream": { schema: ServerEvent } } },
        ...refusals(400, 503),
      },
    },
    handler(request, reply) {
      if (streams.full)
        throw new ApiProblem(
          "busy",
          "Too many event streams are open.",
          "Close some console windows, or try again later.",
        );
      const { device } = request.query;
      reply.hijack();
      streams.serve(
        reply.raw,
        (event) => device === undefined || event.deviceId === device,
        () => identify(db, request).then(() => true, isNotOurFailure),
      );
    },
  });
};

/** A store that does not answer for a moment is no reason to cut everybody off. */
function isNotOurFailure(error: unknown): boolean {
  return !(error instanceof ApiProblem);
}
