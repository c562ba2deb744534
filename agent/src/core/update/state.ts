import * as z from "zod";
import { slotName } from "./boot-state.ts";
import { rejectionCode } from "./faults.ts";

const reason = z.string().max(400);

/** Hash algorithms that TR-181 names for a firmware image's CheckSum. */
export const checksumAlgorithm = z.enum(["SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512"]);
export type ChecksumAlgorithm = z.infer<typeof checksumAlgorithm>;

/** Where an order came in: its end is told there. */
export const updateDoor = z.enum(["cwmp", "usp", "local"]);
export type UpdateDoor = z.infer<typeof updateDoor>;

/** What the ACS asked for: the Download RPC plus what the provider's terms say about it. */
export const updateRequest = z.strictObject({
  /** Names the update on this box, in its files and in the boot record. */
  id: z.string().min(1).max(64),
  url: z.string().min(1).max(2048),
  commandKey: z.string().max(64),
  /** For the file server; gone from the record once the update is over. */
  username: z.string().max(256).optional(),
  password: z.string().max(256).optional(),
  /** The clause that the update rests on. */
  clause: z.string().max(256).nullable(),
  /** Until when it may wait for a quiet line; after it only a call holds it. ISO, UTC. */
  deadline: z.iso.datetime().nullable(),
  /** Forced, without a deadline: only a call holds it, from the start. */
  force: z.boolean(),
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

/** What the verified header said, as far as the later steps need it. */
export const imageFacts = z.strictObject({
  version: z.string().max(100),
  securityFloor: z.int().min(0),
  /** Bytes before the payload, and of the whole file. */
  payloadOffset: z.int().positive(),
  size: z.int().positive(),
  sha256: z.string().length(64),
  /** The server's name for exactly these bytes (RFC 9110 §8.8.3), to resume with. */
  etag: z.string().max(256).nullable(),
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
/** The steps in which an update can be refused. */
export const refusableStep = z.enum(["checking", "downloading", "verifying", "installing", "activating"]);

const outcome = {
  ...job,
  version: z.string().max(100).nullable(),
  finishedAt: z.iso.datetime(),
  reported: z.boolean(),
};

/** Where an update is: each state has only what the box must still know if the power goes now. */
export const updateState = z.discriminatedUnion("state", [
  z.strictObject({ state: z.literal("idle") }),
  z.strictObject({ state: z.literal("checking"), ...job }),
  z.strictObject({ state: z.literal("waiting"), ...fetched }),
  z.strictObject({ state: z.literal("downloading"), ...fetched }),
  z.strictObject({ state: z.literal("verifying"), ...fetched }),
  z.strictObject({ state: z.literal("installing"), ...fetched }),
  z.strictObject({ state: z.literal("activating"), ...fetched }),
  z.strictObject({ state: z.literal("trial"), ...fetched }),
  z.strictObject({ state: z.literal("committing"), ...fetched }),
  z.strictObject({ state: z.literal("rolling-back"), ...fetched, reason }),
  z.strictObject({ state: z.literal("committed"), ...outcome }),
  z.strictObject({ state: z.literal("rolled-back"), ...outcome, reason }),
  z.strictObject({
    state: z.literal("rejected"),
    ...outcome,
    reason,
    code: rejectionCode,
    /** Where it ended; not known of records of earlier versions. */
    during: refusableStep.optional(),
  }),
  z.strictObject({ state: z.literal("available"), ...outcome, image: imageFacts }),
]);
export type UpdateState = z.infer<typeof updateState>;
export type UpdateStateName = UpdateState["state"];
/** The states of that name or names. */
export type UpdateIn<N extends UpdateStateName> = Extract<UpdateState, { state: N }>;

/** The ends of an update; `available`, installed and not chosen yet, is one until it is chosen. */
export type UpdateOutcome = UpdateIn<"committed" | "rolled-back" | "rejected" | "available">;

export function isOutcome(state: UpdateState): state is UpdateOutcome {
  return ["committed", "rolled-back", "rejected", "available"].includes(state.state);
}
