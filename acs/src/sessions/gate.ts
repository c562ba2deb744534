import type { MessageOf } from "@tonalite/agent/core/cwmp";
import type { Profiles } from "@tonalite/device-profiles";
import { deviceIdOf } from "../devices/identity.ts";
import type { KnownDevice } from "../devices/known-device.ts";
import { enrol, findDevice, findDeviceByUsername } from "../devices/repository.ts";
import { type DigestCredentials, type DigestGuard, readDigest } from "./digest.ts";
import type { Southbound } from "./southbound.ts";

/** Who a request may be from. `refused`: answer 401; `reason` is for the log, never for the stranger. */
export type Admission =
  | { admitted: true; known: KnownDevice; usedHa1: string | undefined }
  | { admitted: false; stale: boolean; reason: string | undefined };

export type Gate = {
  /**
   * Judges the Authorization header alone, before the body is looked at. `open`: let the Inform tell who it is.
   * @param proven the box that the connection's certificate names: it needs no password
   */
  admit(
    authorization: string | undefined,
    method: string,
    target: string,
    proven?: string,
  ): Promise<Admission | "open">;
  /** Judges what the Inform says of its sender. */
  identify(admission: Admission | "open", inform: MessageOf<"Inform">): Promise<Admission>;
};

// TR-069 A.3.3.1: what the store keeps of an identity in keys.
const identityForm = { oui: /^[0-9A-Fa-f]{6}$/, part: /^[^\p{Cc}]{1,64}$/u };

/** Lets registered devices in by digest, and, with `--open-enrolment`, strangers by their word. */
export function createGate(southbound: Southbound, guard: DigestGuard, profiles: Profiles): Gate {
  const { db, sealer, log, bus, devices, settings } = southbound;
  const refused = (reason: string | undefined, stale = false): Admission => ({
    admitted: false,
    stale,
    reason,
  });

  const judge = (
    known: KnownDevice,
    credentials: DigestCredentials,
    method: string,
    target: string,
  ): Admission => {
    const ha1 = known.row.cwmp_ha1;
    if (!ha1) return refused("the device has no CWMP password");
    const verdict = guard.verify(credentials, ha1, method, target);
    if (verdict === "ok") return { admitted: true, known, usedHa1: ha1.sha256 };
    return verdict === "stale"
      ? refused(undefined, true)
      : refused(`wrong digest for user ${credentials.username}`);
  };

  const byUsername = async (username: string): Promise<KnownDevice | undefined> => {
    const row = await findDeviceByUsername(db, username);
    return row ? devices.keep(row) : undefined;
  };

  return {
    async admit(authorization, method, target, proven) {
      if (proven !== undefined) {
        const row = devices.byId(proven)?.row ?? (await findDevice(db, proven));
        if (row)
          return { admitted: true, known: devices.byId(proven) ?? devices.keep(row), usedHa1: undefined };
        // It may be known by another name, and prove that by its password.
        log.debug({ proven }, "a box's certificate names nobody who is registered");
      }
      const credentials = readDigest(authorization);
      if (!credentials) {
        if (settings.openEnrolment) return "open";
        return refused(authorization === undefined ? undefined : "not a digest header");
      }
      const known = devices.byUsername(credentials.username);
      if (known) {
        const admission = judge(known, credentials, method, target);
        if (admission.admitted || admission.stale) return admission;
      }
      // Unknown, or its password was changed since it was read.
      const fresh = await byUsername(credentials.username);
      if (!fresh) {
        if (settings.openEnrolment) return "open";
        return refused(`unknown user ${credentials.username.slice(0, 100)}`);
      }
      const admission = judge(fresh, credentials, method, target);
      return !admission.admitted && !admission.stale && settings.openEnrolment && fresh.row.open_enrolled
        ? "open"
        : admission;
    },

    async identify(admission, { deviceId }) {
      const identity = { ...deviceId, oui: deviceId.oui.toUpperCase() };
      const id = deviceIdOf(identity);
      if (admission !== "open") {
        if (!admission.admitted || admission.known.row.id === id) return admission;
        return refused(`user ${admission.known.row.cwmp_username} calls itself ${id.slice(0, 200)}`);
      }
      const row = devices.byId(id)?.row ?? (await findDevice(db, id));
      if (row) {
        // A registered device proves itself even in the laboratory: otherwise anyone could have its passwords.
        if (!row.open_enrolled) return refused(undefined);
        return { admitted: true, known: devices.byId(id) ?? devices.keep(row), usedHa1: undefined };
      }
      const { oui, productClass, serialNumber } = identity;
      if (
        !identityForm.oui.test(oui) ||
        !identityForm.part.test(serialNumber) ||
        !/^[^\p{Cc}]{0,64}$/u.test(productClass)
      )
        return refused("an identity that cannot be enrolled");
      const enrolled = await enrol(db, sealer, {
        ...identity,
        profile: profileOf(profiles, oui, productClass),
      });
      if (!enrolled) return refused(`${id} could not be enrolled: its endpoint or user name is taken`);
      log.warn({ deviceId: id }, "open enrolment: unknown device let in without proof of who it is");
      bus.publish({ type: "device", deviceId: id, what: "registered" });
      return { admitted: true, known: devices.keep(enrolled), usedHa1: undefined };
    },
  };
}

function profileOf(profiles: Profiles, oui: string, productClass: string): string | null {
  for (const [id, profile] of profiles.hardware)
    if (profile.oui.toUpperCase() === oui && profile.productClass === productClass) return id;
  return null;
}
