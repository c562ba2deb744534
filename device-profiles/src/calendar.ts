import type { MaintenanceRule } from "./schema.ts";

/** A moment as people in a time zone tell it. `weekday` from 0, Sunday; `minute` of the day. */
export type LocalTime = { year: number; month: number; day: number; weekday: number; minute: number };

const dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
const minuteMs = 60_000;
const dayMs = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** @throws RangeError for a time zone that is not in the IANA database */
export function localTime(at: Date, timeZone: string): LocalTime {
  let format = formats.get(timeZone);
  if (!format) {
    const numeric = "2-digit";
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone,
      year: "numeric",
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      hourCycle: "h23",
    });
    formats.set(timeZone, format);
  }
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? Number.NaN;
  const [year, month, day] = [part("year"), part("month"), part("day")];
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
  return { year, month, day, weekday, minute: part("hour") * 60 + part("minute") };
}

/** Days after Easter Sunday (Easter Monday, Ascension, Whit Monday), and fixed days as month-day. */
const holidayCalendars = {
  // Code du travail, article L3133-1.
  fr: {
    moving: [1, 39, 50],
    fixed: ["1-1", "5-1", "5-8", "7-14", "8-15", "11-1", "11-11", "12-25"],
  },
} as const;

export function isPublicHoliday(
  country: keyof typeof holidayCalendars,
  { year, month, day }: Pick<LocalTime, "year" | "month" | "day">,
): boolean {
  const { moving, fixed } = holidayCalendars[country];
  if (fixed.some((text) => text === `${month}-${day}`)) return true;
  const sinceEaster = (Date.UTC(year, month - 1, day) - easter(year)) / dayMs;
  return moving.some((days) => days === sinceEaster);
}

// The Gregorian computus (Meeus, Astronomical Algorithms, chapter 8); milliseconds, UTC.
function easter(year: number): number {
  const a = year % 19;
  const [b, c] = [Math.floor(year / 100), year % 100];
  const [d, e] = [Math.floor(b / 4), b % 4];
  const g = Math.floor((8 * b + 13) / 25);
  const h = (19 * a + b - d - g + 15) % 30;
  const [i, k] = [Math.floor(c / 4), c % 4];
  const l = (32 + 2 * e + 2 * i - h - k) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const n = h + l - 7 * m + 114;
  return Date.UTC(year, Math.floor(n / 31) - 1, (n % 31) + 1);
}

type Hours = Pick<MaintenanceRule, "timeZone" | "holidays" | "windows">;

/** Whether the provider's maintenance hours are on. */
export function isMaintenanceTime({ timeZone, holidays, windows }: Hours, at: Date): boolean {
  const local = localTime(at, timeZone);
  const today = new Set<string>([dayNames[local.weekday] ?? ""]);
  if (isPublicHoliday(holidays, local)) today.add("holiday");
  return windows.some(
    ({ days, from, to }) =>
      days.some((day) => today.has(day)) &&
      local.minute >= minuteOf(from) &&
      local.minute < (minuteOf(to) || 24 * 60),
  );
}

/**
 * When the maintenance hours are on next, to the minute.
 * @returns `at` itself when they are on; undefined when they are not within two weeks
 */
export function nextMaintenanceTime(hours: Hours, at: Date): Date | undefined {
  if (isMaintenanceTime(hours, at)) return at;
  const step = 15 * minuteMs;
  const first = Math.floor(at.getTime() / step) * step;
  // Clocks change in whole quarters of an hour, and so do hours of maintenance: none is stepped over.
  for (let time = first + step; time < first + 14 * dayMs; time += step)
    if (isMaintenanceTime(hours, new Date(time))) return new Date(time);
  return undefined;
}

/** The moment from which a notice given at `at` is old enough; working days are Monday to Friday but holidays. */
export function noticeEnd({ timeZone, holidays, noticeWorkingDays = 0 }: MaintenanceRule, at: Date): Date {
  let left = noticeWorkingDays;
  let time = at.getTime();
  while (left > 0) {
    time += dayMs;
    const local = localTime(new Date(time), timeZone);
    const works = local.weekday !== 0 && local.weekday !== 6 && !isPublicHoliday(holidays, local);
    if (works) left -= 1;
  }
  return new Date(time);
}

function minuteOf(time: string): number {
  const [hour = "", minute = ""] = time.split(":");
  return Number(hour) * 60 + Number(minute);
}
