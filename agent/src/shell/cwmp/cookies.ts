/** Cookies of one session (TR-069 §3.4.1): what the ACS set is returned to the same host and path until the session ends. */
export class Cookies {
  readonly #byHost = new Map<string, Map<string, { value: string; path: string }>>();

  /** Takes Set-Cookie headers; too many or too long ones are dropped, an expired one removes. */
  take(headers: readonly string[], url: URL): void {
    const cookies = this.#byHost.get(url.hostname) ?? new Map<string, { value: string; path: string }>();
    this.#byHost.set(url.hostname, cookies);
    for (const header of headers) {
      const [pair = "", ...attributes] = header.split(";");
      const equals = pair.indexOf("=");
      const name = pair.slice(0, equals).trim();
      if (equals < 1 || header.length > 4096) continue;
      const attribute = (wanted: string): string | undefined => {
        const found = attributes.find((item) => item.trim().toLowerCase().startsWith(`${wanted}=`));
        return found?.slice(found.indexOf("=") + 1).trim();
      };
      const path = attribute("path") ?? "/";
      const expires = Date.parse(attribute("expires") ?? "");
      if (attribute("max-age") === "0" || expires === 0) cookies.delete(name);
      else if (cookies.size < 32 || cookies.has(name)) {
        cookies.set(name, { value: pair.slice(equals + 1).trim(), path: path.startsWith("/") ? path : "/" });
      }
    }
  }

  /** The Cookie header for a request, if any. */
  header(url: URL): string | undefined {
    const fitting = [...(this.#byHost.get(url.hostname) ?? [])].filter(([, { path }]) =>
      covers(path, url.pathname),
    );
    return fitting.length === 0
      ? undefined
      : fitting.map(([name, { value }]) => `${name}=${value}`).join("; ");
  }
}

/** RFC 6265 §5.1.4 path-match. */
const covers = (path: string, requested: string): boolean =>
  requested === path || requested.startsWith(path.endsWith("/") ? path : `${path}/`);
