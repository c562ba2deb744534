import { object, ro, rw } from "./declare.ts";

const server = (name: string) => rw(name, "string", { maxLength: 64 });

/** TR-181 Device.Time.: the board's NTP client is told of its servers through a file. */
export const time = [
  object(
    "Device.Time.",
    rw("Enable", "boolean", { default: "true" }),
    ro("Status", "string", {
      default: "Unsynchronized",
      enum: ["Disabled", "Unsynchronized", "Synchronized", "Error_FailedToSynchronize", "Error"],
    }),
    server("NTPServer1"),
    server("NTPServer2"),
    server("NTPServer3"),
    server("NTPServer4"),
    server("NTPServer5"),
    ro("CurrentLocalTime", "dateTime"),
    ro("LocalTimeZone", "string", {
      maxLength: 256,
      description: "POSIX (IEEE 1003.1), with the offset of this moment",
      deviation: "readOnly: the region profile (X_TONALITE_Terms.Region) holds the zone and its summer time",
    }),
  ),
];
