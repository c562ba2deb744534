import { join } from "node:path";
import type { DataModel } from "../../core/data-model/index.ts";
import { isClockSet } from "../../core/update/index.ts";
import type { Log } from "../logging.ts";
import { readFileOr, replaceFile } from "./file.ts";

const base = "Device.Time.";
const servers = ["NTPServer1", "NTPServer2", "NTPServer3", "NTPServer4", "NTPServer5"];
const firstUse = "Device.DeviceInfo.FirstUseDate";
const unknownTime = "0001-01-01T00:00:00Z";

/** How the board's NTP client stands, in the words of Device.Time.Status. A machine that keeps its own clock has none. */
const boardClock = "/run/tonalite/clock";
const standings: ReadonlySet<string> = new Set([
  "Disabled",
  "Unsynchronized",
  "Synchronized",
  "Error_FailedToSynchronize",
]);

/**
 * TR-181 Device.Time.: the servers and whether they are to be used go to `<state>/time-servers` for the board's NTP
 * client (a server a line; "disabled" alone where management switched it off; an empty file leaves it those of DHCP).
 */
export function manageClock(
  model: DataModel,
  state: string,
  log: Log,
  now: () => Date = () => new Date(),
  standing = boardClock,
): void {
  const file = join(state, "time-servers");
  const enabled = (): boolean => model.value(`${base}Enable`) === "true";
  model.provide(`${base}Status`, () => {
    if (!enabled()) return "Disabled";
    const told = readFileOr(standing).trim();
    if (standings.has(told)) return told;
    return isClockSet(now()) ? "Synchronized" : "Unsynchronized";
  });
  model.provide(`${base}CurrentLocalTime`, () =>
    isClockSet(now()) ? `${now().toISOString().slice(0, 19)}Z` : unknownTime,
  );
  model.provide(`${base}LocalTimeZone`, () => posixZone(-now().getTimezoneOffset()));

  let written: string | undefined = readFileOr(file);
  function apply(): void {
    const named = servers.map((name) => model.value(base + name)).filter((server) => server !== "");
    const text = enabled() ? named.map((server) => `${server}\n`).join("") : "disabled\n";
    if (text === written) return;
    try {
      replaceFile(file, text);
      written = text;
    } catch (error) {
      log.error({ reason: String(error) }, "the time servers were not kept for the NTP client");
    }
  }
  model.subscribe(({ path, origin }) => {
    if (origin !== "device" && path.startsWith(base)) apply();
  });
  apply();
  noteFirstUse(model, now);
}

/** TR-181 FirstUseDate: the first session with a known time; a box whose clock is not set yet learns it at a later start. */
function noteFirstUse(model: DataModel, now: () => Date): void {
  if (model.value(firstUse) === unknownTime && isClockSet(now()))
    model.publish(firstUse, `${now().toISOString().slice(0, 19)}Z`);
}

/** IEEE 1003.1 §8.3 counts west of Greenwich: UTC+1 is "<+01>-1". */
export function posixZone(minutesEast: number): string {
  if (minutesEast === 0) return "UTC0";
  const size = Math.abs(minutesEast);
  const hours = Math.floor(size / 60);
  const rest = size % 60;
  const name = `${String(hours).padStart(2, "0")}${rest === 0 ? "" : String(rest).padStart(2, "0")}`;
  const offset = `${hours}${rest === 0 ? "" : `:${String(rest).padStart(2, "0")}`}`;
  return minutesEast > 0 ? `<+${name}>-${offset}` : `<-${name}>${offset}`;
}
