import { describe, expect, it } from "vitest";
import { isMaintenanceTime, isPublicHoliday, localTime, nextMaintenanceTime, noticeEnd } from "./calendar.ts";
import { maintenanceRule } from "./schema.ts";

/** CALLR 13.1(5): after 20:00 French time in the week, Saturday, Sunday, French public holidays. */
const callr = maintenanceRule.parse({
  clause: "13.1(5)",
  summary: "Maintenance outside working hours, told seven working days before.",
  timeZone: "Europe/Paris",
  holidays: "fr",
  windows: [
    { days: ["mon", "tue", "wed", "thu", "fri"], from: "20:00", to: "24:00" },
    { days: ["sat", "sun", "holiday"], from: "00:00", to: "24:00" },
  ],
  noticeWorkingDays: 7,
  urgentWithoutNotice: true,
});

describe("maintenance hours", () => {
  it.each([
    ["2026-03-04T18:59:00Z", false, "Wednesday, 19:59 in Paris"],
    ["2026-03-04T19:00:00Z", true, "Wednesday, 20:00 in Paris"],
    ["2026-07-01T18:00:00Z", true, "Wednesday, 20:00 in Paris in summer"],
    ["2026-07-01T17:59:00Z", false, "Wednesday, 19:59 in Paris in summer"],
    ["2026-03-07T10:00:00Z", true, "Saturday"],
    ["2026-03-06T23:00:00Z", true, "Saturday, 00:00 in Paris"],
    ["2026-07-14T10:00:00Z", true, "Bastille Day, a Tuesday"],
    ["2026-04-06T10:00:00Z", true, "Easter Monday"],
    ["2026-03-09T05:00:00Z", false, "Monday morning"],
  ])("%s: %s (%s)", (at, open) => expect(isMaintenanceTime(callr, new Date(at))).toBe(open));

  it("begin next when they do, also over the change to summer time", () => {
    const next = (at: string) => nextMaintenanceTime(callr, new Date(at))?.toISOString();
    expect(next("2026-03-04T10:07:12Z")).toBe("2026-03-04T19:00:00.000Z");
    expect(next("2026-03-04T20:07:12Z")).toBe("2026-03-04T20:07:12.000Z");
    expect(next("2026-03-30T10:00:00Z")).toBe("2026-03-30T18:00:00.000Z");
    expect(nextMaintenanceTime({ ...callr, windows: [] }, new Date())).toBeUndefined();
  });

  it("need a notice of seven working days", () =>
    expect(noticeEnd(callr, new Date("2026-04-30T09:00:00Z")).toISOString()).toBe(
      "2026-05-13T09:00:00.000Z",
    ));
});

describe("French public holidays", () => {
  it.each([
    [2024, 4, 1],
    [2024, 5, 9],
    [2024, 5, 20],
    [2026, 4, 6],
    [2026, 5, 14],
    [2026, 5, 25],
    [2030, 4, 22],
    [2026, 11, 11],
  ])("%d-%d-%d is one", (year, month, day) => expect(isPublicHoliday("fr", { year, month, day })).toBe(true));
  it("are eleven days a year", () => {
    const days = Array.from({ length: 365 }, (_, day) =>
      localTime(new Date(Date.UTC(2027, 0, 1 + day)), "UTC"),
    );
    expect(days.filter((day) => isPublicHoliday("fr", day))).toHaveLength(11);
  });
});
