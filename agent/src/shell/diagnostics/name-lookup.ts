import type { Resolver } from "node:dns/promises";
import { isIP } from "node:net";
import type { TestOutcome } from "../../core/diagnostics/index.ts";
import { loadDns } from "./builtin.ts";
import { addressOf, type TestContext } from "./host.ts";

const mostRepetitions = 100;
const longestTimeout = 60_000;
const mostAddresses = 16;

/** c-ares' codes as TR-181 NSLookupDiagnostics.Result names them. */
const failures: Readonly<Record<string, string>> = {
  ENOTFOUND: "Error_HostNameNotResolved",
  ENODATA: "Error_HostNameNotResolved",
  ETIMEOUT: "Error_Timeout",
  ECONNREFUSED: "Error_DNSServerNotAvailable",
};

/** TR-181 NSLookupDiagnostics: asks a name server itself, so many times. */
export async function lookUpName({ setting, signal }: TestContext): Promise<TestOutcome> {
  const timeout = Math.min(Math.max(Number(setting("Timeout")), 1), longestTimeout);
  const resolver = new (loadDns().Resolver)({ timeout, tries: 1 });
  const server = await chosenServer(setting("DNSServer"), signal);
  if (server === undefined) return { state: "Error_DNSServerNotResolved" };
  if (server !== "") resolver.setServers([server]);
  const used = resolver.getServers()[0] ?? "";
  signal.addEventListener("abort", () => resolver.cancel(), { once: true });

  const rows: Record<string, string>[] = [];
  const times = Math.min(Math.max(Number(setting("NumberOfRepetitions")), 1), mostRepetitions);
  for (let number = 0; number < times && !signal.aborted; number += 1)
    rows.push({ ...(await ask(resolver, setting("HostName"))), DNSServerIP: used });
  const good = rows.filter((row) => row["Status"] === "Success");
  return { state: "Complete", values: { SuccessCount: String(good.length) }, tables: { Result: rows } };
}

/** "" is the system's own choice. */
async function chosenServer(server: string, signal: AbortSignal): Promise<string | undefined> {
  if (server === "") return "";
  const address = await addressOf(server, 0, signal);
  return address === undefined ? undefined : isIP(address) === 6 ? `[${address}]` : address;
}

async function ask(resolver: Resolver, host: string): Promise<Record<string, string>> {
  const began = performance.now();
  const took = (): string => String(Math.round(performance.now() - began));
  const asked = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const addresses = asked.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  if (addresses.length > 0) {
    const IPAddresses = addresses.slice(0, mostAddresses).join(",");
    // c-ares does not show the authoritative-answer bit; a box asks a recursive server.
    return {
      Status: "Success",
      AnswerType: "NonAuthoritative",
      HostNameReturned: host.slice(0, 256),
      IPAddresses,
      ResponseTime: took(),
    };
  }
  const codes = asked.map((answer) =>
    answer.status === "rejected" ? String((answer.reason as { code?: unknown } | undefined)?.code) : "",
  );
  // No IPv6 address is no failure when the question for IPv4 had one of its own.
  const status = failures[codes[0] ?? ""] ?? "Error_Other";
  return { Status: status, AnswerType: "None", HostNameReturned: "", IPAddresses: "", ResponseTime: took() };
}
