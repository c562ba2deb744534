import { createHmac, timingSafeEqual } from "node:crypto";
import { type Accepted, acceptOnce, decodeLightMessage } from "@tonalite/agent/core/cwmp";
import { deviceIdOf } from "../devices/identity.ts";
import { findDeviceByUsername, storeKnownValue } from "../devices/repository.ts";
import { noticeValues } from "../devices/values-noticed.ts";
import type { Southbound } from "../sessions/southbound.ts";

/** A box's clock may differ by so much; an older message is one that somebody kept. */
const freshMs = 600_000;
/** Devices whose last message is remembered; the longest silent ones make room. */
const mostRemembered = 50_000;
/** Messages looked at together: more are dropped, for every stranger's costs a look into the store. */
const mostAtOnce = 32;

export type LightVerdict =
  | "taken"
  | "not ours"
  | "unknown sender"
  | "wrong signature"
  | "not new"
  | "too many";

/**
 * Takes lightweight notifications (TR-069 Annex M): changes of values that a box tells in signed datagrams. What they change is
 * stored as if it had come by a session; a parameter that the ACS does not know of the box is left alone.
 */
export function createLightIntake(
  { db, pool, sealer, devices, bus, hooks }: Southbound,
  now: () => number = Date.now,
): (datagram: Uint8Array) => Promise<LightVerdict> {
  const accepted = new Map<string, Accepted<string>>();
  let busy = 0;

  async function take(datagram: Uint8Array): Promise<LightVerdict> {
    const message = decodeLightMessage(datagram);
    if (!message) return "not ours";
    const { notification, body, signature } = message;
    const { username, timestamp, cnonce, parameters } = notification;
    const device = devices.byUsername(username)?.row ?? (await findDeviceByUsername(db, username));
    const sealed = device?.cwmp_password_sealed;
    const said = { ...notification.deviceId, oui: notification.deviceId.oui.toUpperCase() };
    if (!device || !sealed || device.id !== deviceIdOf(said)) return "unknown sender";
    const expected = createHmac("sha1", sealer.open(sealed)).update(body).digest();
    if (!timingSafeEqual(expected, Buffer.from(signature, "hex"))) return "wrong signature";
    const next = acceptOnce(accepted.get(device.id), { timestamp, id: cnonce });
    if (!next || Math.abs(now() - timestamp * 1000) > freshMs) return "not new";
    remember(device.id, next);
    for (const { path, value } of parameters) {
      await storeKnownValue(pool, device.id, path, value);
      devices.byId(device.id)?.informed.delete(path);
    }
    await noticeValues({ db, bus, hooks }, device.id, parameters);
    return "taken";
  }

  function remember(deviceId: string, last: Accepted<string>): void {
    accepted.delete(deviceId);
    accepted.set(deviceId, last);
    if (accepted.size <= mostRemembered) return;
    const [oldest] = accepted.keys();
    if (oldest !== undefined) accepted.delete(oldest);
  }

  return async (datagram) => {
    if (busy >= mostAtOnce) return "too many";
    busy += 1;
    try {
      return await take(datagram);
    } finally {
      busy -= 1;
    }
  };
}
