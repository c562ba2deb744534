import { useMemo } from "react";
import { useLanguage } from "./language.tsx";

/** Times, lengths and sizes as people of the language write them. */
export function useFormat() {
  const { language } = useLanguage();
  return useMemo(() => {
    const locale = language === "fr" ? "fr-FR" : "en-GB";
    const moment = new Intl.DateTimeFormat(locale, { dateStyle: "short", timeStyle: "medium" });
    const precise = new Intl.DateTimeFormat(locale, {
      day: "numeric",
      month: "short",
      year: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      fractionalSecondDigits: 3,
    });
    const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });
    const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
    return {
      time: (iso: string) => moment.format(new Date(iso)),
      preciseTime: (iso: string) => precise.format(new Date(iso)),
      ago: (iso: string, now: number) => agoOf(relative, Date.parse(iso) - now),
      duration,
      number: (value: number) => number.format(value),
      bytes: (value: number) =>
        value < 1024 * 1024
          ? `${number.format(value / 1024)} KiB`
          : `${number.format(value / 1024 / 1024)} MiB`,
    };
  }, [language]);
}

/** h:mm:ss, or m:ss under an hour. */
export function duration(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes}:${two(whole % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

function agoOf(relative: Intl.RelativeTimeFormat, difference: number): string {
  for (const [unit, ms] of units)
    if (Math.abs(difference) >= ms) return relative.format(Math.round(difference / ms), unit);
  return relative.format(Math.round(difference / 1000), "second");
}
