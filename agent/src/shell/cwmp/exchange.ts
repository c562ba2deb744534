import { CwmpError, type CpeEvent, decodeEnvelope } from "../../core/cwmp/index.ts";
import { CwmpTransportError } from "./errors.ts";
import type { HttpSession } from "./http-session.ts";

/** Bytes of the longest answer that is read. */
export const maximumAnswer = 4 * 1024 * 1024;
/** An ACS that keeps asking for ever would keep all other news from being told. */
export const maximumExchanges = 5000;

/** What became of a session that an ACS does not let end. */
export const tooLong: CpeEvent = {
  event: "failed",
  reason: `more than ${maximumExchanges} exchanges in one session`,
};

/** One exchange as an event of the machine. */
export async function answerTo(session: HttpSession, text: string): Promise<CpeEvent> {
  try {
    const answer = await session.post(text);
    if (answer.length === 0) return { event: "received-nothing" };
    return { event: "received", envelope: decodeEnvelope(answer) };
  } catch (error) {
    if (error instanceof CwmpError) return { event: "received-garbage", error };
    const misread = error instanceof CwmpTransportError && error.misread;
    return { event: "failed", reason: describe(error), ...(misread ? { misread } : {}) };
  }
}

/** What went wrong, for the log and as the reason of a failure. */
export const describe = (error: unknown): string => {
  if (error instanceof CwmpTransportError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : "unknown failure";
};
