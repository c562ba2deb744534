import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { Kysely } from "kysely";
import { findDeviceByUsername, type DeviceRow } from "../devices/repository.ts";
import { cwmpHa1, cwmpRealm } from "../secrets/credentials.ts";
import { readDigest, type DigestGuard } from "../sessions/digest.ts";
import type { Database } from "../store/database.ts";

export type Access = { granted: true; deviceId: string } | { granted: false; stale: boolean };

/**
 * Whether the request carries a device's CWMP credentials, by Digest (RFC 7616) or Basic (RFC 7617): those are what
 * Download's Username and Password hold.
 */
export async function checkAccess(
  db: Kysely<Database>,
  guard: DigestGuard,
  request: FastifyRequest,
): Promise<Access> {
  const { authorization } = request.headers;
  const digest = readDigest(authorization);
  if (digest) {
    const device = await findDeviceByUsername(db, digest.username);
    if (!device?.cwmp_ha1) return { granted: false, stale: false };
    const verdict = guard.verify(digest, device.cwmp_ha1, request.method, request.raw.url ?? "/");
    return verdict === "ok"
      ? { granted: true, deviceId: device.id }
      : { granted: false, stale: verdict === "stale" };
  }
  const basic = readBasic(authorization);
  const device = basic && (await findDeviceByUsername(db, basic.username));
  if (basic && device && isPassword(device, basic)) return { granted: true, deviceId: device.id };
  return { granted: false, stale: false };
}

/** Values of `WWW-Authenticate`, the strongest first. */
export function challenges(guard: DigestGuard, stale: boolean): string[] {
  return [...guard.challenge(stale), `Basic realm="${cwmpRealm}", charset="UTF-8"`];
}

type Basic = { username: string; password: string };

function readBasic(header: string | undefined): Basic | undefined {
  const match = /^Basic +([\w+/=-]{1,1024})$/i.exec(header ?? "");
  if (!match?.[1]) return undefined;
  const text = Buffer.from(match[1], "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 1 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function isPassword(device: DeviceRow, { username, password }: Basic): boolean {
  if (!device.cwmp_ha1) return false;
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(cwmpHa1(username, password).sha256), digest(device.cwmp_ha1.sha256));
}
