import { randomBytes, randomUUID } from "node:crypto";
import { compareVersions } from "@tonalite/agent/core/firmware";
import type { Profiles } from "@tonalite/device-profiles";
import type { Selectable, Transaction } from "kysely";
import { notFound, ApiProblem } from "../api/problem.ts";
import { appendAudit } from "../audit/audit.ts";
import type { Database, FirmwareImagesTable } from "../store/database.ts";
import { settleRefused } from "./follow.ts";
import { judgeForce, judgeUrgency, type ForceGrounds } from "./grounds.ts";
import { updateOrders, urgencyPath } from "./orders.ts";

/** An update of one device, as asked for. */
export type UpdateRequest = {
  deviceId: string;
  imageId: string;
  force: boolean;
  deadlineHours?: number | undefined;
  /** urgent by the terms: their maintenance hours do not hold it */
  urgent?: boolean | undefined;
  /** addresses of the same file on other servers */
  mirrors?: readonly string[] | undefined;
  /** name of the token that asks */
  requestedBy: string;
};

/** Lets an image through that may be ordered now. @throws ApiProblem */
export type ImageGate = (image: { version: string; sha256: string }) => Promise<void>;

/**
 * Orders an update: row, orders for the device and audit entry.
 * @param gate asked once the image is known to suit the device; absent: it was asked before
 * @returns the update's id
 * @throws ApiProblem `not-found`, `conflict`, `unprocessable`, `refused-by-terms`
 */
export async function orderUpdate(
  transaction: Transaction<Database>,
  profiles: Profiles,
  request: UpdateRequest,
  now: Date,
  gate?: ImageGate,
): Promise<string> {
  const device = await transaction
    .selectFrom("devices")
    .select(["id", "profile", "provider", "software_version"])
    .where("id", "=", request.deviceId)
    .forUpdate() // two orders for one device come one after the other
    .executeTakeFirst();
  if (!device) throw notFound(`device ${request.deviceId}`, "GET /api/devices lists the devices.");
  const image = await transaction
    .selectFrom("firmware_images")
    .selectAll()
    .where("id", "=", request.imageId)
    .executeTakeFirst();
  if (!image)
    throw notFound(
      `firmware image ${request.imageId}`,
      "GET /api/firmware lists the images; POST /api/firmware adds one.",
    );
  refuseUnfit(device, image);
  await gate?.(image);
  const grounds: ForceGrounds | null = request.force
    ? judgeForce(profiles, device.provider, request.deadlineHours, now)
    : null;
  const urgency = request.urgent === true ? judgeUrgency(profiles, device.provider) : null;
  await settleRefused(transaction, device.id, now);
  await refuseSecond(transaction, device.id);

  const id = randomUUID();
  const commandKey = newCommandKey("update");
  await transaction
    .insertInto("updates")
    .values({
      id,
      device_id: device.id,
      image_id: image.id,
      command_key: commandKey,
      forced: request.force,
      clause: grounds?.clause ?? null,
      provider: device.provider,
      state: "requested",
      reason: null,
      deadline_at: grounds?.deadline ?? null,
      requested_by: request.requestedBy,
      created_at: now,
      updated_at: now,
    })
    .execute();
  await transaction
    .insertInto("commands")
    .values(
      updateOrders({
        deviceId: device.id,
        image,
        commandKey,
        grounds,
        urgent: urgency !== null,
        mirrors: request.mirrors ?? [],
        knowsUrgency: await knows(transaction, device.id, urgencyPath),
        requestedBy: request.requestedBy,
        at: now,
      }),
    )
    .execute();
  await appendAudit(transaction, {
    actor: request.requestedBy,
    action: request.force ? "force-update" : "offer-update",
    deviceId: device.id,
    clause: grounds?.clause ?? null,
    detail: {
      updateId: id,
      imageId: image.id,
      version: image.version,
      from: device.software_version,
      provider: device.provider,
      deadline: grounds?.deadline.toISOString() ?? null,
      ...(urgency !== null && { urgentByClause: urgency }),
    },
  });
  return id;
}

/** CommandKey holds 32 characters (TR-069 A.3.2.8). */
export function newCommandKey(what: "update" | "recall"): string {
  return `${what}-${randomBytes(9).toString("hex")}`;
}

/** Whether the device ever told of a parameter. */
export async function knows(
  transaction: Transaction<Database>,
  deviceId: string,
  path: string,
): Promise<boolean> {
  const row = await transaction
    .selectFrom("device_parameters")
    .select("path")
    .where("device_id", "=", deviceId)
    .where("path", "=", path)
    .executeTakeFirst();
  return row !== undefined;
}

function refuseUnfit(
  device: { profile: string | null; software_version: string | null },
  image: Pick<Selectable<FirmwareImagesTable>, "hardware" | "version">,
): void {
  if (device.profile !== null && !image.hardware.includes(device.profile))
    throw new ApiProblem(
      "unprocessable",
      `The image is for ${image.hardware.join(", ")}; this device is ${device.profile}.`,
      "Choose an image built for this hardware.",
    );
  const order = compareWithRunning(image.version, device.software_version);
  if (order === 0)
    throw new ApiProblem(
      "conflict",
      `The device already runs version ${image.version}.`,
      "Nothing needs to be done, or choose a newer image.",
    );
  if (order < 0)
    throw new ApiProblem(
      "conflict",
      `Version ${image.version} is older than the running ${device.software_version}; a device refuses to go back.`,
      "Choose a newer image, or build the old content under a new version.",
    );
}

function compareWithRunning(version: string, running: string | null): number {
  if (running === null || running === "") return 1;
  try {
    return compareVersions(version, running);
  } catch {
    return 1; // a foreign firmware's own way of counting: its device judges
  }
}

/** @throws ApiProblem `conflict` while another update of the device is not over */
export async function refuseSecond(transaction: Transaction<Database>, deviceId: string): Promise<void> {
  const open = await transaction
    .selectFrom("updates")
    .select(["id", "state"])
    .where("device_id", "=", deviceId)
    .where("finished_at", "is", null)
    .executeTakeFirst();
  if (open)
    throw new ApiProblem(
      "conflict",
      `Update ${open.id} of this device is not finished (${open.state}).`,
      `Wait for it; GET /api/updates/${open.id} says what it waits for.`,
    );
}
