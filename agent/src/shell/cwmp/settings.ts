import type { RetrySettings } from "../../core/cwmp/index.ts";
import type { DataModel } from "../../core/data-model/index.ts";
import type { Credentials } from "../net/authentication.ts";
import type { StunSettings } from "./udp-door.ts";

const base = "Device.ManagementServer.";
const unknownTime = "0001-01-01T00:00:00Z";

/** Where lightweight notifications go, and who vouches for them. */
export type LightSettings = { host: string; port: number } & Credentials;

/** Device.ManagementServer. as the client uses it; asked for at each use, so that a change holds at once. */
export const managementSettings = (model: DataModel) => {
  const text = (name: string): string => model.value(base + name);
  const flag = (name: string): boolean => text(name) === "true";
  return {
    enabled: (): boolean => flag("EnableCWMP"),
    url: (): string => text("URL"),
    credentials: (): Credentials => ({ username: text("Username"), password: text("Password") }),
    connectionRequestCredentials: (): Credentials => ({
      username: text("ConnectionRequestUsername"),
      password: text("ConnectionRequestPassword"),
    }),
    httpRequests: (): boolean => flag("HTTPConnectionRequestEnable"),
    /** Undefined while connection requests over UDP are off. */
    stun: (): StunSettings | undefined => {
      const host = text("STUNServerAddress") || (URL.parse(text("URL"))?.hostname ?? "");
      if (!flag("STUNEnable") || host === "") return undefined;
      return {
        host: host.replace(/^\[(.*)\]$/, "$1"),
        port: Number(text("STUNServerPort")) || 3478,
        username: text("STUNUsername"),
        password: text("STUNPassword"),
        maximumPeriod: Number(text("STUNMaximumKeepAlivePeriod")),
        minimumPeriod: Number(text("STUNMinimumKeepAlivePeriod")),
      };
    },
    /** Where lightweight notifications go; undefined while there are none. */
    light: (): LightSettings | undefined => {
      const used = text("LightweightNotificationProtocolsUsed").split(",");
      const host = text("UDPLightweightNotificationHost") || (URL.parse(text("URL"))?.hostname ?? "");
      if (!flag("EnableCWMP") || !used.includes("UDP") || host === "") return undefined;
      // Nobody could tell whose it is: anybody can sign with an empty key.
      if (text("Password") === "") return undefined;
      return {
        host: host.replace(/^\[(.*)\]$/, "$1"),
        port: Number(text("UDPLightweightNotificationPort")) || 7547,
        username: text("Username"),
        password: text("Password"),
      };
    },
    compression: (): string => text("HTTPCompression"),
    retry: (): RetrySettings => ({
      minimum: Number(text("CWMPRetryMinimumWaitInterval")),
      multiplier: Number(text("CWMPRetryIntervalMultiplier")),
    }),
    /** Milliseconds that must have passed since a session before a change of value opens another. */
    throttle: (): number => Number(text("DefaultActiveNotificationThrottle")) * 1000,
    /** Seconds, and the instant the series runs through; undefined while periodic informs are off. */
    periodic: (): { interval: number; reference: number | undefined } | undefined => {
      if (!flag("PeriodicInformEnable")) return undefined;
      const time = text("PeriodicInformTime");
      return {
        interval: Number(text("PeriodicInformInterval")),
        reference: time === unknownTime ? undefined : Date.parse(time),
      };
    },
  };
};

/** Which setting a path is, if it is one of these. */
export const settingName = (path: string): string | undefined =>
  path.startsWith(base) ? path.slice(base.length) : undefined;

export const connectionRequestUrlPath = `${base}ConnectionRequestURL`;
export const udpAddressPath = `${base}UDPConnectionRequestAddress`;
export const natDetectedPath = `${base}NATDetected`;
