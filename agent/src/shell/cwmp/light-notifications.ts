import { createHmac, randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import {
  type AttributeTable,
  deviceIdOf,
  encodeLightNotification,
  lightHeader,
  shareOut,
} from "../../core/cwmp/index.ts";
import type { Change, ModelView } from "../../core/data-model/index.ts";
import type { CwmpClock, CwmpLog } from "./clock.ts";
import type { LightSettings } from "./settings.ts";

export type LightOptions = {
  /** The tree as the ACS sees it. */
  view: ModelView;
  attributes: AttributeTable;
  settings: { light(): LightSettings | undefined };
  clock: CwmpClock;
  log: CwmpLog;
};

/** Changes that come together are told together, and no storm of them becomes a storm of datagrams. */
const gatheringMs = 500;
/** Passive changes wait for company, not without end; the oldest make room. */
const maximumChanged = 256;
/** Of a value that no datagram carries whole, the ACS hears in its next session. */
const longestDatagram = 8192;

/**
 * Tells changes of values over UDP (TR-069 Annex M), where the ACS asked for it (SetParameterAttributes 3 to 6) and named
 * UDP: an active one opens a message, passive ones ride along. Nothing is acknowledged or repeated: what must arrive is
 * asked for in the other ways. Returns how to end that.
 */
export function watchLight({ attributes, clock, log, settings, view }: LightOptions): () => void {
  const changed = new Set<string>();
  let cancel: (() => void) | undefined;

  function notice({ origin, path }: Change): void {
    // The ACS knows what it set itself (TR-069 A.3.2.4).
    if (origin === "cwmp") return;
    const light = attributes.light(path);
    if (light === "off" || settings.light() === undefined) return;
    changed.add(path);
    for (const oldest of changed) if (changed.size > maximumChanged) changed.delete(oldest);
    if (light === "passive") return;
    cancel ??= clock.after(gatheringMs, () => {
      cancel = undefined;
      tell();
    });
  }

  function tell(): void {
    // A row may have gone since it changed; then there is no value to tell.
    const parameters = [...changed].flatMap((path) =>
      view.declaration(path) === undefined ? [] : view.read(path),
    );
    changed.clear();
    const to = settings.light();
    if (to === undefined) return;
    for (const share of shareOut(parameters)) {
      const body = Buffer.from(
        encodeLightNotification({
          timestamp: Math.floor(clock.now() / 1000),
          username: to.username,
          cnonce: randomBytes(16).toString("hex"),
          deviceId: deviceIdOf(view),
          parameters: share,
        }),
      );
      const signature = createHmac("sha1", to.password).update(body).digest("hex").toUpperCase();
      const message = Buffer.concat([Buffer.from(lightHeader(to.host, body.length, signature)), body]);
      if (message.length <= longestDatagram) send(message, to);
      else log.warn({ path: share[0]?.path }, "cwmp: a value is too long for a lightweight notification");
    }
  }

  function send(message: Buffer, { host, port }: LightSettings): void {
    const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
    const end = (error: Error | null): void => {
      if (error !== null)
        log.info({ reason: error.message }, "cwmp: a lightweight notification was not sent");
      socket.close();
    };
    socket.once("error", end);
    socket.send(message, port, host, (error) => {
      socket.off("error", end);
      end(error);
    });
  }

  const unsubscribe = view.subscribe(notice);
  return () => {
    unsubscribe();
    cancel?.();
  };
}
