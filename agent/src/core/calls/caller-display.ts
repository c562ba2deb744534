/** What caller identification shows for a caller: a number as the subscriber would dial it, or why there is none. */
export type CallerDisplay = { number: string; name: string; absence: "" | "P" | "O" };

/** ETSI EN 300 659-3 §5.4.2: at most 20 digits; names are cut to what displays hold (50 characters). */
const longestNumber = 20;
const longestName = 50;

/**
 * @param user user part of the From URI, "" or "anonymous" when the caller withholds it (RFC 3323 §4.1).
 * @param countryCode of the box's region, without "+".
 */
export function presentCaller(user: string, name: string, countryCode: string): CallerDisplay {
  const shown = printable(name).slice(0, longestName);
  if (user === "" || /^(anonymous|restricted|unavailable|unknown)$/i.test(user)) {
    return { number: "", name: "", absence: /^un/i.test(user) ? "O" : "P" };
  }
  const number = nationalForm(user, countryCode);
  if (!/^[0-9*#]+$/.test(number))
    return { number: "", name: shown || printable(user).slice(0, longestName), absence: "O" };
  return { number: number.slice(0, longestNumber), name: shown === user ? "" : shown, absence: "" };
}

function nationalForm(user: string, countryCode: string): string {
  const compact = user.replaceAll(/[-.() ]/g, "");
  if (!compact.startsWith("+")) return compact;
  const digits = compact.slice(1);
  return digits.startsWith(countryCode) ? `0${digits.slice(countryCode.length)}` : `00${digits}`;
}

/** Letters to U+017F and the typographic apostrophe: the engine folds them to the telephone's own characters. */
const known = /[\u0020-\u007e\u00a0-\u017f\u2019]/;

/** What lies beyond loses its accents rather than itself. */
function printable(text: string): string {
  const letters = Array.from(text.normalize("NFC"), (letter) =>
    known.test(letter) ? letter : letter.normalize("NFD").replaceAll(/[\p{M}\p{C}]/gu, ""),
  );
  return letters.join("").trim();
}
