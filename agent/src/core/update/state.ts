import * as z from "zod";
import { slotName } from "./boot-state.ts";
import { rejectionCode } from "./faults.ts";
import { updateWindow } from "./window.ts";

const reason = z.string().max(400);

/** Hash algorithms that TR-181 names for a firmware image's CheckSum. */
export const checksumAlgorithm = z.enum(["SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512"]);
export type ChecksumAlgorithm = z.infer<typeof checksumAlgorithm>;

/** Where an order came in: its end is told there. */
export const updateDoor = z.enum(["cwmp", "usp", "local"]);
export type UpdateDoor = z.infer<typeof updateDoor>;

/** What the ACS asked for: the Download RPC plus what the provider's terms say about it. */
export const updateRequest = z.object({
  /** Names the update on this box, in its files and in the boot record. */
  id: z.string().min(1).max(64),
  url: z.string().min(1).max(2048),
  /** Where else the same file lies. No credentials go there. */
  mirrors: z.array(z.string().max(2048)).max(8).optional(),
  commandKey: z.string().max(64),
  /** For the file server; gone from the record once the update is over, and not while an image waits to be chosen. */
  username: z.string().max(256).optional(),
  password: z.string().max(256).optional(),
  /** The clause that the update rests on. */
  clause: z.string().max(256).nullable(),
  /** Until when it may wait for a quiet line; after it only a call holds it. ISO, UTC. */
  deadline: z.iso.datetime().nullable(),
  /** Forced, without a deadline: only a call holds it, from the start. */
  force: z.boolean(),
  /** Urgent by the terms: the hours of maintenance do not hold it. */
  urgent: z.boolean().optional(),
  /** When it may be fetched and applied, in this order (ScheduleDownload); absent: at any time. */
  windows: z.array(updateWindow).max(2).optional(),
  /** The subscriber agreed, where a window asks for that. */
  confirmed: z.boolean().optional(),
  /** Why the box goes back to the image that its other slot still holds; absent for an update. */
  recall: z.string().max(256).optional(),
  /** CWMP where it is not said: as records of earlier versions are. */
  door: updateDoor.optional(),
  /** The USP command that asked, with its path. */
  command: z.string().max(256).optional(),
  /** False: the image is installed and waits to be chosen. */
  activate: z.boolean().optional(),
  /** What the whole file must be, beside what its signature says. `checksum`: lower-case hexadecimal. */
  fileSize: z.int().positive().optional(),
  checksum: z
    .strictObject({ algorithm: checksumAlgorithm, value: z.string().regex(/^(?:[0-9a-f]{2}){20,64}$/) })
    .optional(),
});
export type UpdateRequest = z.infer<typeof updateRequest>;

/** What is still to be known of an image that lies in its slot. */
export const installedImage = z.object({
  version: z.string().max(100),
  securityFloor: z.int().min(0),
  /** Hash of its header, by which releases list it. Installed: only of an image that was kept, to judge it by again. */
  headerSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});
export type InstalledImage = z.infer<typeof installedImage>;

/** What the verified header said, as far as the later steps need it. */
export const imageFacts = z.object({
  ...installedImage.shape,
  /** Bytes before the payload, and of the whole file. */
  payloadOffset: z.int().positive(),
  size: z.int().positive(),
  sha256: z.string().length(64),
  /** The server's name for exactly these bytes (RFC 9110 §8.8.3), to resume with. */
  etag: z.string().max(256).nullable(),
  /** Who gave that name, where it was not the address of the order; and more addresses of the same file. */
  source: z.string().max(2048).optional(),
  mirrors: z.array(z.string().max(2048)).max(8).optional(),
  /** Hash of the whole file, header and all, where whoever publishes releases says it. */
  fileSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});
export type ImageFacts = z.infer<typeof imageFacts>;

const job = {
  request: updateRequest,
  /** The version that asked for the update. */
  from: z.string().max(100),
  /** The slot it was asked in; the other one is the target. */
  home: slotName,
  startedAt: z.iso.datetime(),
  /** Times the download began anew because the file changed or its bytes were damaged. */
  restarts: z.int().min(0),
  /** Lines that were registered when the update was asked for or activated: they must come back. */
  lines: z.array(z.int().positive()).max(64),
};
const fetched = { ...job, image: imageFacts };
const installed = { ...job, image: installedImage };
/** The steps in which an update can be refused. */
export const refusableStep = z.enum([
  "checking",
  "waiting",
  "downloading",
  "verifying",
  "installing",
  "activating",
]);

const outcome = {
  ...job,
  version: z.string().max(100).nullable(),
  finishedAt: z.iso.datetime(),
  reported: z.boolean(),
};

/**
 * Where an update is: each state has only what the box must still know if the power goes now. Two versions of the agent
 * read one record, for a roll-back starts the older: what one does not know is passed over, and what is new is optional.
 */
export const updateState = z.discriminatedUnion("state", [
  z.object({ state: z.literal("idle") }),
  z.object({ state: z.literal("checking"), ...job }),
  z.object({ state: z.literal("waiting"), ...fetched }),
  z.object({ state: z.literal("downloading"), ...fetched }),
  z.object({ state: z.literal("verifying"), ...fetched }),
  z.object({ state: z.literal("installing"), ...fetched }),
  z.object({ state: z.literal("activating"), ...installed }),
  z.object({ state: z.literal("trial"), ...installed }),
  z.object({ state: z.literal("committing"), ...installed }),
  z.object({ state: z.literal("rolling-back"), ...installed, reason }),
  z.object({ state: z.literal("committed"), ...outcome }),
  z.object({ state: z.literal("rolled-back"), ...outcome, reason }),
  z.object({
    state: z.literal("rejected"),
    ...outcome,
    reason,
    code: rejectionCode,
    /** Where it ended; not known of records of earlier versions. */
    during: refusableStep.optional(),
  }),
  z.object({ state: z.literal("cancelled"), ...outcome }),
  z.object({ state: z.literal("available"), ...outcome, image: installedImage }),
]);
export type UpdateState = z.infer<typeof updateState>;
export type UpdateStateName = UpdateState["state"];
/** The states of that name or names. */
export type UpdateIn<N extends UpdateStateName> = Extract<UpdateState, { state: N }>;

/** The ends of an update; `available`, installed and not chosen yet, is one until it is chosen. */
export type UpdateOutcome = UpdateIn<"committed" | "rolled-back" | "rejected" | "cancelled" | "available">;

export function isOutcome(state: UpdateState): state is UpdateOutcome {
  return ["committed", "rolled-back", "rejected", "cancelled", "available"].includes(state.state);
}
