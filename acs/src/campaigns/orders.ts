import { randomUUID } from "node:crypto";
import { sql, type Insertable, type RawBuilder, type Selectable } from "kysely";
import type { CommandsTable, FirmwareImagesTable } from "../store/database.ts";
import type { ForceGrounds } from "./grounds.ts";

/** What a `download` command carries. The session adds the URL's host as the device reaches it, and the device's own credentials. */
export type DownloadArguments = {
  commandKey: string;
  fileType: "1 Firmware Upgrade Image";
  /** path on the CWMP server */
  path: string;
  fileSize: number;
  targetFileName: string;
};

/** A device that tells of this parameter knows urgent orders, and mirrors. */
export const urgencyPath = "Device.X_TONALITE_Update.PolicyUrgent";

/** A device that has this parameter tells of a recall by that name. */
export const recallKeyPath = "Device.X_TONALITE_Update.RecallCommandKey";

/** Whether a row of `commands` is the one that brings the device an update's order: its download, or its recall. */
export const bringsOrder = (commandKey: RawBuilder<unknown>): RawBuilder<boolean> =>
  sql<boolean>`case commands.kind when 'download' then commands.arguments ->> 'commandKey' = ${commandKey}
    when 'set' then commands.arguments @> jsonb_build_object('parameters', jsonb_build_array(
      jsonb_build_object('path', ${recallKeyPath}::text, 'value', (${commandKey})::text))) else false end`;

/** Path of an image's download on the CWMP server. */
export function firmwarePath(imageId: string, fileName: string): string {
  return `/firmware/${imageId}/${encodeURIComponent(fileName)}`;
}

/** An update's two orders, in this sequence: what it rests on, then the download that starts it. */
export function updateOrders(order: {
  deviceId: string;
  image: Pick<Selectable<FirmwareImagesTable>, "id" | "file_name" | "size">;
  commandKey: string;
  grounds: ForceGrounds | null;
  urgent: boolean;
  mirrors: readonly string[];
  /** whether the device has the parameters for these two: one that has not would refuse all of them */
  knowsUrgency: boolean;
  requestedBy: string;
  at: Date;
}): Insertable<CommandsTable>[] {
  const { deviceId, image, grounds, at } = order;
  const policy = [
    { path: "Device.X_TONALITE_Update.PolicyClause", value: grounds?.clause ?? "", type: "string" },
    // "Unknown Time" of TR-106 section 3.2: no deadline.
    {
      path: "Device.X_TONALITE_Update.PolicyDeadline",
      value: grounds ? xsdDateTime(grounds.deadline) : "0001-01-01T00:00:00Z",
      type: "dateTime",
    },
    { path: "Device.X_TONALITE_Update.PolicyForce", value: String(grounds !== null), type: "boolean" },
    ...(order.knowsUrgency || order.urgent || order.mirrors.length > 0
      ? [
          { path: urgencyPath, value: String(order.urgent), type: "boolean" },
          { path: "Device.X_TONALITE_Update.PolicyMirrors", value: order.mirrors.join(","), type: "string" },
        ]
      : []),
  ];
  const download: DownloadArguments = {
    commandKey: order.commandKey,
    fileType: "1 Firmware Upgrade Image",
    path: firmwarePath(image.id, image.file_name),
    fileSize: image.size,
    targetFileName: image.file_name,
  };
  const common = { device_id: deviceId, requested_by: order.requestedBy, clause: grounds?.clause ?? null };
  return [
    {
      ...common,
      id: randomUUID(),
      kind: "set",
      arguments: JSON.stringify({ parameters: policy }),
      created_at: at,
    },
    // Commands go out in the order of `created_at`.
    {
      ...common,
      id: randomUUID(),
      kind: "download",
      arguments: JSON.stringify(download),
      created_at: new Date(at.getTime() + 1),
    },
  ];
}

function xsdDateTime(at: Date): string {
  return at.toISOString().replace(/\.\d+Z$/, "Z");
}
