import type { UpdateIn } from "../../core/update/index.ts";
import type { ImageSource } from "./download.ts";
import type { UpdateOptions } from "./options.ts";
import { persist, Rejection } from "./rejection.ts";
import type { Waiting } from "./waiting.ts";

/**
 * Judges an image again that was kept and is chosen now, perhaps long after: its release may have been taken back. Others
 * were judged by the same order. Where no server tells, what the box saw last of the releases counts until it expires.
 * @param say shows what it waits for
 * @throws Rejection `IMAGE_UNTRUSTED`; the signal's reason when stopped
 */
export async function judgeKept(
  { release, transport, log }: Pick<UpdateOptions, "release" | "transport" | "log">,
  job: UpdateIn<"activating">,
  waiting: Pick<Waiting, "clock" | "pause" | "retryPlan">,
  signal: AbortSignal,
  say: (words: string) => void,
): Promise<void> {
  const { version, headerSha256 } = job.image;
  if (!release || headerSha256 === undefined) return;
  const { url, username = "", password = "" } = job.request;
  const known = username === "" && password === "" ? {} : { credentials: { username, password } };
  const source: ImageSource = { transport, url, signal, ...known };
  const ask = async (): Promise<void> => await release.judgeKept({ version, headerSha256 }, { source });
  try {
    await waiting.clock(job);
    await persist(ask, waiting.retryPlan(job), waiting.pause, say);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof Rejection) || error.code === "IMAGE_UNTRUSTED") throw error;
    log.warn(
      { version, reason: error.message },
      "a kept image is judged by the releases that were seen last",
    );
    await release.judgeKept({ version, headerSha256 }, { unasked: error.message });
  }
}
