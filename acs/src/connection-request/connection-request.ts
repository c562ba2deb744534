import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { answerChallenge } from "./digest-client.ts";

/** How it ended. A device that is asleep, behind NAT or busy is an expected outcome, not an error. */
export type WakeOutcome =
  /** Over USP and HTTP the device said that it heard; a datagram was only sent. */
  | { woken: true; by: "usp" | "http" | "udp" }
  | {
      woken: false;
      reason: "unknown-device" | "no-address" | "refused-address" | "unreachable" | "refused";
      detail: string;
    };

export type WakeTarget = { url: string; username: string; password: string };

/** At most this long for both requests together (TR-069 §3.2.2 asks devices to answer within 30 s). */
const timeoutMs = 10_000;

/**
 * One Connection Request (TR-069 §3.2.2): GET with digest at the address the device told us. The address is the
 * device's word, so only plain http(s) is followed, never a redirect, and what comes back is not shown to anyone.
 */
export async function requestConnection(target: WakeTarget): Promise<WakeOutcome> {
  const url = URL.parse(target.url);
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "")
    return {
      woken: false,
      reason: "refused-address",
      detail: "the device's ConnectionRequestURL is not a plain http(s) address",
    };
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    let answer = await get(url, undefined, signal);
    if (answer.status === 401) {
      const authorization = answerChallenge(answer.challenges, target, "GET", url.pathname + url.search);
      if (!authorization)
        return { woken: false, reason: "refused", detail: "the device asks for a kind of proof we lack" };
      answer = await get(url, authorization, signal);
    }
    // 200 or 204; any other says no (503: in a session already, or asked too often).
    if (answer.status === 200 || answer.status === 204) return { woken: true, by: "http" };
    return { woken: false, reason: "refused", detail: `the device answered ${answer.status}` };
  } catch (error) {
    const detail = signal.aborted
      ? `no answer within ${timeoutMs / 1000} s`
      : String((error as NodeJS.ErrnoException).code ?? error);
    return { woken: false, reason: "unreachable", detail };
  }
}

function get(
  url: URL,
  authorization: string | undefined,
  signal: AbortSignal,
): Promise<{ status: number; challenges: string[] }> {
  return new Promise((done, fail) => {
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    const headers = { connection: "close", ...(authorization === undefined ? {} : { authorization }) };
    const request = send(url, { method: "GET", headers, signal, agent: false }, (response) => {
      const challenges = response.rawHeaders.flatMap((name, index, all) =>
        index % 2 === 0 && name.toLowerCase() === "www-authenticate" ? [all[index + 1] ?? ""] : [],
      );
      response.destroy(); // the body is nobody's business
      done({ status: response.statusCode ?? 0, challenges });
    });
    request.once("error", fail);
    request.end();
  });
}
