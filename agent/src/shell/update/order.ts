import { randomUUID } from "node:crypto";
import * as z from "zod";
import {
  updateRequest,
  type ChecksumAlgorithm,
  type UpdateDoor,
  type UpdateRequest,
  type UpdateWindow,
} from "../../core/update/index.ts";

/** What is asked of the box: the Download RPC and the policy that goes with it. */
export type UpdateOrder = {
  url: string;
  commandKey: string;
  username?: string;
  password?: string;
  clause?: string;
  /** ISO, UTC; "" and TR-069's unknown time (year 1) mean none. */
  deadline?: string;
  force: boolean;
  /** Urgent by the terms: the hours of maintenance do not hold it. */
  urgent?: boolean;
  /** When it may be fetched and applied; at any time when not given. */
  windows?: UpdateWindow[];
  /** Other addresses of the same file. */
  mirrors?: string[];
  /** CWMP when not given. Only the local door takes file: addresses. */
  door?: UpdateDoor;
  /** The USP command that asks, with its path. */
  command?: string;
  /** False: install, and wait to be activated. */
  activate?: boolean;
  /** Bytes of the whole file, and its hash in lower-case hexadecimal. */
  fileSize?: number;
  checksum?: { algorithm: ChecksumAlgorithm; value: string };
};

/** What the provider's terms say about the next order, as its ACS wrote it down before. */
export type UpdatePolicy = Required<
  Pick<UpdateOrder, "clause" | "deadline" | "force" | "urgent" | "mirrors">
>;

/** An order to start the image that was installed and kept. */
export type ActivationOrder = Omit<
  UpdateOrder,
  "url" | "mirrors" | "windows" | "activate" | "fileSize" | "checksum"
>;

/** An order to leave a version that turned out bad, for the one that the other slot still holds. */
export type RecallOrder = ActivationOrder & { version: string; why: string };

/** CWMP fault codes (TR-069 table A.8): 9001 one is under way, 9003 not understood, 9013 not HTTP(S). */
export type OrderAnswer =
  | { accepted: true }
  | { accepted: false; fault: { code: 9001 | 9003 | 9013; string: string } };

/** TR-069 A.4.1.9: 9001 nothing has this key, 9021 it is too far on. */
export type CancelAnswer =
  | { accepted: true }
  | { accepted: false; fault: { code: 9001 | 9021; string: string } };

export type OrderFault = { fault: { code: 9003 | 9013; string: string } };

/** An order as the engine keeps it, or why it is not understood. */
export function parseOrder(order: UpdateOrder): UpdateRequest | OrderFault {
  const known = order.door === "local" ? /^(?:https?:\/\/|file:\/\/\/)/i : /^https?:\/\//i;
  if (known.test(order.url)) return parseKept(order);
  return { fault: { code: 9013, string: "the image's address is not an HTTP or HTTPS URL" } };
}

/** The same for an image that the box has already: where it came from is its own word, whatever door asks. */
export function parseKept({ deadline, clause, ...order }: UpdateOrder): UpdateRequest | OrderFault {
  const none = deadline === undefined || deadline === "" || deadline.startsWith("0001-01-01T00:00:00");
  const request = {
    ...order,
    id: randomUUID(),
    clause: clause === "" ? null : (clause ?? null),
    deadline: none ? null : deadline,
  };
  const parsed = updateRequest.safeParse(request);
  if (parsed.success) return parsed.data;
  return { fault: { code: 9003, string: z.prettifyError(parsed.error).slice(0, 256) } };
}
