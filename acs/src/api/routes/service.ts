import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { sql } from "kysely";
import { describeTerms } from "../../terms/provider-terms.ts";
import { nearEndMs } from "../../tls/keep-certificate.ts";
import { refusals } from "../refusals.ts";
import { Health, Terms } from "../schemas.ts";
import type { Services } from "../services.ts";

export const serviceRoutes: FastifyPluginAsyncZod<Services> = async (
  app,
  { db, profiles, certificate, log },
) => {
  const terms = describeTerms(profiles);

  app.route({
    method: "GET",
    url: "/terms",
    schema: {
      tags: ["terms"],
      summary: "The providers' terms as rules with their clauses",
      response: { 200: Terms, ...refusals() },
    },
    handler: async () => terms,
  });

  app.route({
    method: "GET",
    url: "/health",
    config: { access: "anyone" },
    schema: {
      tags: ["service"],
      summary: "Whether this ACS can work",
      description: "Open: for load balancers and supervisors. 503 when the store does not answer.",
      security: [],
      response: { 200: Health, 503: Health },
    },
    async handler(_request, reply) {
      const store = await answersWithin(sql`select 1`.execute(db), 2000).catch((error: unknown) => {
        log.warn({ err: String(error) }, "health: the store does not answer");
        return false;
      });
      return reply
        .code(store ? 200 : 503)
        .header("cache-control", "no-store")
        .send({
          status: store ? "ok" : "degraded",
          store,
          time: new Date().toISOString(),
          certificate: certificate ? describeCertificate(certificate()) : null,
        });
    },
  });
};

function describeCertificate({ notAfter }: { notAfter: Date }): NonNullable<Health["certificate"]> {
  return { notAfter: notAfter.toISOString(), attention: notAfter.getTime() - Date.now() < nearEndMs };
}

async function answersWithin(work: Promise<unknown>, ms: number): Promise<true> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${ms} ms`)), ms);
  });
  try {
    await Promise.race([work, late]);
    return true;
  } finally {
    clearTimeout(timer);
  }
}
