import type { Profiles } from "@tonalite/device-profiles";
import type { Kysely } from "kysely";
import type { EventBus } from "../events.ts";
import type { Log } from "../log.ts";
import type { Database } from "../store/database.ts";
import {
  applyTransferComplete,
  applyUpdateState,
  settleRefused,
  type TransferFault,
  type UpdateNote,
} from "./follow.ts";
import { actOnUpdate, type UpdateAct } from "./acts.ts";
import { orderUpdate, type ImageGate, type UpdateRequest } from "./order.ts";
import { createRollouts, type Rollouts } from "./rollout.ts";

export type Campaigns = {
  /**
   * Orders an update: row, orders for the device and audit entry in one transaction, then wakes the device.
   * @returns the update's id
   * @throws ApiProblem `not-found`, `conflict`, `unprocessable`, `refused-by-terms`
   */
  forceUpdate(request: UpdateRequest): Promise<string>;
  /**
   * Cancels, confirms or recalls an update, or tells the device that its subscriber agreed.
   * @returns the id of the update that tells how it goes on: a recall may have one of its own
   * @throws ApiProblem `not-found`, `conflict`
   */
  act(updateId: string, act: UpdateAct, by: { actor: string; reason: string }): Promise<string>;
  /** Images offered to many devices, wave by wave. */
  rollouts: Rollouts;
  /** Follows what a device says about its update (X_TONALITE_Update.* in an Inform or a notification). */
  noteUpdateState(deviceId: string, note: UpdateNote): Promise<void>;
  /** Follows a TransferComplete; `fault` null or code 0 is success. */
  noteTransferComplete(deviceId: string, commandKey: string, fault: TransferFault | null): Promise<void>;
};

export type CampaignParts = {
  db: Kysely<Database>;
  bus: EventBus;
  profiles: Profiles;
  wake: (deviceId: string) => void;
  /** What no box would take is not ordered. */
  gate: ImageGate;
  log: Log;
  now?: () => Date;
};

export function createCampaigns({
  db,
  bus,
  profiles,
  wake,
  gate,
  log,
  now = () => new Date(),
}: CampaignParts): Campaigns {
  const settle = async (deviceId: string) => {
    for (const change of await settleRefused(db, deviceId, now()))
      bus.publish({ type: "update", deviceId, ...change });
  };
  bus.subscribe((event) => {
    if (event.type === "command" && event.state === "failed")
      // What fails here is done again before the device's next update.
      settle(event.deviceId).catch((error: unknown) =>
        log.warn({ err: String(error), deviceId: event.deviceId }, "update not settled"),
      );
  });
  const rollouts = createRollouts({ db, bus, profiles, wake, gate, log, now });
  return {
    rollouts,
    async act(updateId, act, by) {
      const { state, ...update } = await db
        .transaction()
        .execute((transaction) => actOnUpdate(transaction, updateId, act, by, now()));
      if (state !== null) bus.publish({ type: "update", ...update, state });
      wake(update.deviceId);
      return update.updateId;
    },
    async forceUpdate(request) {
      const id = await db
        .transaction()
        .execute((transaction) => orderUpdate(transaction, profiles, request, now(), gate));
      bus.publish({ type: "update", deviceId: request.deviceId, updateId: id, state: "requested" });
      wake(request.deviceId);
      return id;
    },
    async noteUpdateState(deviceId, note) {
      const change = await applyUpdateState(db, deviceId, note, now());
      if (change) bus.publish({ type: "update", deviceId, ...change });
    },
    async noteTransferComplete(deviceId, commandKey, fault) {
      const change = await applyTransferComplete(db, deviceId, commandKey, fault, now());
      if (change) bus.publish({ type: "update", deviceId, ...change });
    },
  };
}
