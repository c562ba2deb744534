import { isIP } from "node:net";
import type { TestBench } from "../telephony/test-bench.ts";
import { loadDns } from "./builtin.ts";

/** What a test runs with. */
export type TestContext = {
  /** A setting by its name in the data model; secrets there are none. */
  setting: (name: string) => string;
  /** The interface that the test is bound to; undefined: the route's. */
  bound: { name: string; ipv4: string | undefined; ipv6: string | undefined } | undefined;
  /** Ends the test. */
  signal: AbortSignal;
  /** tonalite-probe; undefined in a build without it. */
  probe: string | undefined;
  /** The lines, for tests of the voice service. */
  bench: TestBench;
};

/** TR-181 ProtocolVersion as the resolver takes it. */
export const familyOf = (version: string): 0 | 4 | 6 => (version === "IPv4" ? 4 : version === "IPv6" ? 6 : 0);

/** The address of a host, of the wanted kind; undefined when it has none. */
export async function addressOf(
  host: string,
  family: 0 | 4 | 6,
  signal: AbortSignal,
): Promise<string | undefined> {
  const literal = isIP(host);
  if (literal !== 0) return family === 0 || family === literal ? host : undefined;
  if (host === "") return undefined;
  try {
    return await abortable(
      loadDns()
        .lookup(host, { family })
        .then(({ address }) => address),
      signal,
    );
  } catch {
    return undefined;
  }
}

/** What a promise comes to, unless the test ends before: a resolver cannot be interrupted, only left alone. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject, resolve } = Promise.withResolvers<T>();
  const end = (): void => reject(new Error("the test ended"));
  if (signal.aborted) end();
  signal.addEventListener("abort", end, { once: true });
  work.then(resolve, reject).finally(() => signal.removeEventListener("abort", end));
  return promise;
}
