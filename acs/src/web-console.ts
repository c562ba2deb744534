import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

const built = fileURLToPath(new URL("../web/dist/", import.meta.url));

/** Serves the console at `/`; its own addresses (`/devices/…`) all lead to the one page. */
export async function registerConsole(app: FastifyInstance, directory = built): Promise<void> {
  if (!existsSync(join(directory, "index.html"))) {
    app.get("/", (_request, reply) =>
      reply.code(404).type("text/plain").send('The console is not built: run "npm run setup".\n'),
    );
    return;
  }
  await app.register(fastifyStatic, {
    root: directory,
    serve: false,
    cacheControl: false,
    // Names in assets/ carry a hash of their content.
    setHeaders: (reply, path) =>
      void reply.header(
        "cache-control",
        path.includes("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
      ),
  });
  app.get<{ Params: { "*": string } }>("/*", (request, reply) => {
    const path = request.params["*"];
    if (/^(api|docs)(\/|$)/.test(path)) return reply.callNotFound();
    return reply.sendFile(/\.\w+$/.test(path) ? path : "index.html");
  });
}
