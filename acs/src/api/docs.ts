import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import { identify } from "./authorise.ts";
import { answerErrorsAsProblems } from "./errors.ts";
import type { Services } from "./services.ts";

const description = `Everything that the console does, it does through these operations.

Send \`Authorization: Bearer <token>\`. Errors are RFC 9457 problem details; \`remedy\` says what to do.
Lists are cut into pages: pass \`next\` as \`after\`.`;

// Runs in the browser. The page itself is open, since a browser sends no token when it opens one; the document and
// every operation need the token. It is the console's (same tab), or is asked for.
const tokenScript = `window.tonaliteToken = (request) => {
  const key = "tonalite.token";
  let token = sessionStorage.getItem(key);
  if (!token) {
    token = (window.prompt("API token (file admin-token of the ACS)") || "").trim();
    if (token) sessionStorage.setItem(key, token);
  }
  if (token && new URL(request.url, location.href).origin === location.origin && !request.headers.Authorization)
    request.headers.Authorization = "Bearer " + token;
  return request;
};`;

const logo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 132 32"><rect width="32" height="32" rx="8" fill="#4263eb"/><path d="M4 16c2.4 0 2.4-6 4.8-6s2.4 12 4.8 12 2.4-12 4.8-12 2.4 12 4.8 12S25.6 16 28 16" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round"/><text x="42" y="22" fill="#fff" font-family="system-ui,sans-serif" font-size="19" font-weight="700">Tonalité</text></svg>`;

type Browser = { tonaliteToken(request: unknown): never };

/** OpenAPI 3.1 of every route of this instance at /docs/json and /docs/yaml (token needed), and a page to read it at /docs. */
export async function publishDocs(
  app: FastifyInstance,
  { db, log }: Pick<Services, "db" | "log">,
): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Tonalité ACS", version: "1", description },
      servers: [{ url: "/", description: "this ACS" }],
      tags: [
        { name: "devices", description: "Register, find, read and change devices" },
        { name: "commands", description: "Reboot, reset, wake, read and set at once" },
        { name: "records", description: "Calls, registrations, the devices' journals" },
        { name: "firmware", description: "Images, and the updates of devices to them" },
        { name: "terms", description: "The providers' terms as rules" },
        { name: "administration", description: "Audit log and tokens" },
        { name: "service", description: "This ACS" },
      ],
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  await app.register(async (docs) => {
    answerErrorsAsProblems(docs, log);
    docs.addHook("onRequest", async (request) => {
      if (/^\/docs\/(?:json|yaml)$/.test(request.routeOptions.url ?? "")) await identify(db, request);
    });
    await docs.register(swaggerUi, {
      routePrefix: "/docs",
      uiConfig: {
        deepLinking: true,
        docExpansion: "list",
        requestInterceptor: (request: unknown) => (globalThis as unknown as Browser).tonaliteToken(request),
      },
      logo: { type: "image/svg+xml", content: logo, href: "/" },
      theme: { title: "Tonalité ACS: API", js: [{ filename: "token.js", content: tokenScript }] },
    });
  });
}
