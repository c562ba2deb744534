import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { createDigestGuard, type DigestGuard } from "../sessions/digest.ts";
import type { Services } from "../api/services.ts";
import { readRange } from "./byte-range.ts";
import { challenges, checkAccess } from "./download-access.ts";

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

type DownloadServices = Pick<Services, "db" | "firmware" | "release" | "log">;
type Params = { imageId: string; name: string };

/**
 * Serves images to devices at /firmware/<imageId>/<name> on the CWMP server: GET and HEAD, one byte range, ETag,
 * If-None-Match and If-Range (RFC 9110). A device identifies itself with its own CWMP credentials.
 */
export function registerFirmwareDownloads(app: FastifyInstance, services: DownloadServices): void {
  const guard = createDigestGuard();

  app.route<{ Params: Params }>({
    method: ["GET", "HEAD"],
    url: "/firmware/:imageId/:name",
    // Fastify would add a HEAD of its own that reads the whole file.
    exposeHeadRoute: false,
    async handler(request, reply) {
      const access = await checkAccess(services.db, guard, request);
      if (!access.granted) return refuse(guard, reply, access.stale);
      const found = uuid.test(request.params.imageId)
        ? await services.firmware.find(request.params.imageId)
        : undefined;
      const size = found && (await sizeOf(found.path));
      if (!found || size === undefined)
        return reply.code(404).type("text/plain").send("There is no such image.\n");
      services.log.debug(
        { deviceId: access.deviceId, imageId: found.image.id, range: request.headers.range },
        "firmware download",
      );
      return sendFile(request, reply, {
        path: found.path,
        size,
        etag: `"${found.image.sha256}"`,
        modified: found.image.uploadedAt,
      });
    },
  });

  // Beside each image, where its device looks for them; all images have the same.
  app.route<{ Params: { imageId: string; file: string } }>({
    method: ["GET", "HEAD"],
    url: "/firmware/:imageId/release/:file",
    exposeHeadRoute: false,
    async handler(request, reply) {
      const access = await checkAccess(services.db, guard, request);
      if (!access.granted) return refuse(guard, reply, access.stale);
      const bytes = await services.release.file(request.params.file);
      if (!bytes) return reply.code(404).type("text/plain").send("There is no such file.\n");
      const etag = `"${createHash("sha256").update(bytes).digest("hex")}"`;
      // The timestamp is what tells whether anything is new.
      void reply.header("etag", etag).header("cache-control", "private, no-cache");
      if (matches(request.headers["if-none-match"], etag)) return reply.code(304).send();
      return reply.type("application/json").send(bytes);
    },
  });
}

function refuse(guard: DigestGuard, reply: FastifyReply, stale: boolean): FastifyReply {
  return reply
    .code(401)
    .header("www-authenticate", challenges(guard, stale))
    .type("text/plain")
    .send("This needs the device's CWMP credentials.\n");
}

function sendFile(
  request: FastifyRequest<{ Params: Params }>,
  reply: FastifyReply,
  file: { path: string; size: number; etag: string; modified: string },
): FastifyReply {
  const { size, etag } = file;
  void reply
    .header("etag", etag)
    .header("last-modified", new Date(file.modified).toUTCString())
    .header("accept-ranges", "bytes")
    // The name is the content's hash, but the way to it needs a password.
    .header("cache-control", "private, max-age=31536000, immutable");
  if (matches(request.headers["if-none-match"], etag)) return reply.code(304).send();
  void reply.type("application/octet-stream");
  // A file that changed since the first part must come whole; only the strong ETag is trusted for that.
  const condition = request.headers["if-range"];
  const isSame = condition === undefined || condition === etag;
  const range = isSame ? readRange(request.headers.range, size) : undefined;
  if (range === "unsatisfiable")
    return reply
      .code(416)
      .header("content-range", `bytes */${size}`)
      .type("text/plain")
      .send("The file is shorter.\n");
  const { start, end } = range ?? { start: 0, end: size - 1 };
  if (range) void reply.code(206).header("content-range", `bytes ${start}-${end}/${size}`);
  void reply.header("content-length", end - start + 1);
  return request.method === "HEAD" ? reply.send() : reply.send(createReadStream(file.path, { start, end }));
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.trim() === "*" || header.split(",").some((one) => one.trim().replace(/^W\//, "") === etag);
}

async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    (found) => found.size,
    () => undefined,
  );
}
