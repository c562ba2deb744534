type Cookie = {
  name: string;
  value: string;
  domain: string;
  hostOnly: boolean;
  path: string;
  secure: boolean;
  expires: number;
};

const mostCookies = 32;
const longestHeader = 4096;

/**
 * Cookies of one session (TR-069 §3.4.1, RFC 6265): what the ACS set is returned where it belongs until the session ends.
 * A jar this small takes at most 32; what is too long or too much is dropped.
 */
export class Cookies {
  #cookies: Cookie[] = [];

  /** Takes Set-Cookie headers of an answer (RFC 6265 §5.2, §5.3). `now` in milliseconds since the epoch. */
  take(headers: readonly string[], url: URL, now = Date.now()): void {
    for (const header of headers) {
      const cookie = header.length > longestHeader ? undefined : readCookie(header, url, now);
      if (cookie === undefined) continue;
      const rest = this.#cookies.filter((other) => !isSame(other, cookie));
      const room = cookie.expires > now && rest.length < mostCookies;
      this.#cookies = room ? [...rest, cookie] : rest;
    }
  }

  /** The Cookie header for a request, if any; longer paths first (RFC 6265 §5.4). */
  header(url: URL, now = Date.now()): string | undefined {
    const fitting = this.#cookies
      .filter(
        ({ domain, expires, hostOnly, path, secure }) =>
          expires > now &&
          (hostOnly ? url.hostname === domain : isWithin(url.hostname, domain)) &&
          covers(path, url.pathname) &&
          (!secure || url.protocol === "https:"),
      )
      .sort((a, b) => b.path.length - a.path.length);
    return fitting.length === 0 ? undefined : fitting.map(({ name, value }) => `${name}=${value}`).join("; ");
  }
}

function readCookie(header: string, url: URL, now: number): Cookie | undefined {
  const [pair = "", ...attributes] = header.split(";");
  const equals = pair.indexOf("=");
  if (equals < 1) return undefined;
  const named = new Map<string, string>();
  for (const attribute of attributes) {
    const at = attribute.indexOf("=");
    const name = (at < 0 ? attribute : attribute.slice(0, at)).trim().toLowerCase();
    named.set(name, at < 0 ? "" : attribute.slice(at + 1).trim());
  }
  const domain = (named.get("domain") ?? "").replace(/^\./, "").toLowerCase();
  // §5.3.6: a domain the server does not stand in is not its to set cookies for.
  if (domain !== "" && !isWithin(url.hostname, domain)) return undefined;
  const path = named.get("path") ?? "";
  return {
    name: pair.slice(0, equals).trim(),
    value: pair.slice(equals + 1).trim(),
    domain: domain === "" ? url.hostname : domain,
    hostOnly: domain === "",
    path: path.startsWith("/") ? path : defaultPath(url.pathname),
    secure: named.has("secure"),
    expires: expiry(named, now),
  };
}

/** Max-Age goes before Expires (§5.3.3); without either the cookie lasts as long as the session. */
function expiry(named: ReadonlyMap<string, string>, now: number): number {
  const age = named.get("max-age");
  if (age !== undefined && /^-?\d+$/.test(age)) return Number(age) <= 0 ? 0 : now + Number(age) * 1000;
  const date = Date.parse(named.get("expires") ?? "");
  return Number.isNaN(date) ? Number.POSITIVE_INFINITY : date;
}

const isSame = (a: Cookie, b: Cookie): boolean =>
  a.name === b.name && a.domain === b.domain && a.path === b.path;

/** §5.1.3; an address is within itself only. */
const isWithin = (host: string, domain: string): boolean =>
  host === domain || (host.endsWith(`.${domain}`) && !/^[\d.]+$|^\[/.test(host));

/** §5.1.4: the folder of the page. */
const defaultPath = (pathname: string): string => pathname.slice(0, pathname.lastIndexOf("/")) || "/";

const covers = (path: string, requested: string): boolean =>
  requested === path || requested.startsWith(path.endsWith("/") ? path : `${path}/`);
