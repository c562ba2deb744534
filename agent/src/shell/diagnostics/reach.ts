import { pingOutcome, routeOutcome, type TestOutcome } from "../../core/diagnostics/index.ts";
import { loadDns } from "./builtin.ts";
import { abortable, addressOf, familyOf, type TestContext } from "./host.ts";
import { runProbe } from "./probe.ts";

/** Bounds of what one test may ask: together less than the probe's own ten minutes in all but the worst case. */
const mostRepetitions = 1000;
const longestTimeout = 60_000;
const mostBytes = 65_000;
const namePatience = 3000;
const unresolved: TestOutcome = { state: "Error_CannotResolveHostName" };
const internal: TestOutcome = { state: "Error_Internal" };

const atMost = (text: string, most: number): string => String(Math.min(Number(text), most));

/** TR-181 IPPing. */
export async function ping({ bound, probe, setting, signal }: TestContext): Promise<TestOutcome> {
  if (probe === undefined) return internal;
  const address = await addressOf(setting("Host"), familyOf(setting("ProtocolVersion")), signal);
  if (address === undefined) return unresolved;
  const order = [
    "ping",
    address,
    atMost(setting("NumberOfRepetitions"), mostRepetitions),
    atMost(setting("Timeout"), longestTimeout),
    atMost(setting("DataBlockSize"), mostBytes),
    setting("DSCP"),
    bound?.name ?? "-",
  ];
  return pingOutcome(address, await runProbe(probe, order, signal));
}

/** TR-181 TraceRoute. */
export async function traceRoute({ bound, probe, setting, signal }: TestContext): Promise<TestOutcome> {
  if (probe === undefined) return internal;
  const address = await addressOf(setting("Host"), familyOf(setting("ProtocolVersion")), signal);
  if (address === undefined) return unresolved;
  const order = [
    "trace",
    address,
    setting("NumberOfTries"),
    atMost(setting("Timeout"), longestTimeout),
    atMost(setting("DataBlockSize"), mostBytes),
    setting("DSCP"),
    bound?.name ?? "-",
    setting("MaxHopCount"),
  ];
  const lines = await runProbe(probe, order, signal);
  const hops = new Set(lines.flatMap((line) => ("from" in line ? [line.from] : [])));
  return routeOutcome(address, lines, await namesOf([...hops], signal));
}

/** Host names of routers, as far as they are known soon. */
async function namesOf(addresses: readonly string[], signal: AbortSignal): Promise<Map<string, string>> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(namePatience)]);
  const names = new Map<string, string>();
  await Promise.all(
    addresses.map(async (address) => {
      try {
        const [name] = await abortable(loadDns().reverse(address), patience);
        if (name !== undefined) names.set(address, name);
      } catch {
        // Most routers have no name; the address says enough.
      }
    }),
  );
  return names;
}
