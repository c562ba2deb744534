import * as z from "zod";
import type { TestOutcome } from "./tests.ts";

const microseconds = z.number().int().nonnegative();

/** A line of tonalite-probe. */
export const probeLine = z.union([
  z.object({ answer: z.number().int(), us: microseconds }),
  z.object({ lost: z.number().int(), why: z.enum(["unreachable", "timeout"]) }),
  z.object({
    hop: z.number().int().min(1).max(255),
    from: z.string().max(64),
    us: microseconds,
    type: z.number().int().min(0).max(255),
    code: z.number().int().min(0).max(255),
    reached: z.boolean(),
  }),
  z.object({ hop: z.number().int().min(1).max(255), silent: z.literal(true) }),
  z.object({ failed: z.enum(["no-route", "internal"]), what: z.string().max(512) }),
]);
export type ProbeLine = z.infer<typeof probeLine>;

const failures = { "no-route": "Error_NoRouteToHost", internal: "Error_Internal" } as const;
const failure = (lines: readonly ProbeLine[]): TestOutcome | undefined => {
  const found = lines.find((line) => "failed" in line);
  return found === undefined ? undefined : { state: failures[found.failed] };
};
const ms = (us: number): string => String(Math.round(us / 1000));

/** TR-181 IPPing. Nobody answers: the test is complete all the same, unless every request was refused a route. */
export function pingOutcome(address: string, lines: readonly ProbeLine[]): TestOutcome {
  const times = lines.flatMap((line) => ("answer" in line ? [line.us] : []));
  const lost = lines.filter((line) => "lost" in line);
  const failed = failure(lines);
  if (failed !== undefined) return { ...failed, values: { IPAddressUsed: address } };
  const sum = times.reduce((all, time) => all + time, 0);
  const average = times.length === 0 ? 0 : Math.round(sum / times.length);
  const least = times.length === 0 ? 0 : Math.min(...times);
  const most = Math.max(0, ...times);
  const unreachable = lost.length > 0 && times.length === 0 && lost.every(({ why }) => why === "unreachable");
  return {
    state: unreachable ? "Error_NoRouteToHost" : "Complete",
    values: {
      IPAddressUsed: address,
      SuccessCount: String(times.length),
      FailureCount: String(lost.length),
      AverageResponseTime: ms(average),
      MinimumResponseTime: ms(least),
      MaximumResponseTime: ms(most),
      AverageResponseTimeDetailed: String(average),
      MinimumResponseTimeDetailed: String(least),
      MaximumResponseTimeDetailed: String(most),
    },
  };
}

/** TR-181 TraceRoute; a hop that kept silent has empty times. `names` are host names by address. */
export function routeOutcome(
  address: string,
  lines: readonly ProbeLine[],
  names: ReadonlyMap<string, string>,
): TestOutcome {
  const failed = failure(lines);
  const hops = Map.groupBy(
    lines.filter((line) => "hop" in line),
    ({ hop }) => hop,
  );
  let reached = false;
  let refused = false;
  let total = 0;
  const rows = [...hops.values()].map((tries) => {
    const answers = tries.filter((line) => "from" in line);
    const from = answers[0]?.from ?? "";
    const error = answers.find(({ type }) => type !== 0);
    reached ||= answers.some((answer) => answer.reached);
    refused ||= error !== undefined;
    if (answers.some((answer) => answer.reached)) total = Math.max(...answers.map(({ us }) => us));
    return {
      Host: (names.get(from) ?? from).slice(0, 256),
      HostAddress: from,
      ErrorCode: String(error === undefined ? 0 : error.type * 256 + error.code),
      RTTimes: answers.map(({ us }) => ms(us)).join(","),
    };
  });
  const state = reached ? "Complete" : refused ? "Error_NoRouteToHost" : "Error_MaxHopCountExceeded";
  return {
    state: failed?.state ?? state,
    values: { IPAddressUsed: address, ResponseTime: ms(total) },
    tables: { RouteHops: rows },
  };
}
