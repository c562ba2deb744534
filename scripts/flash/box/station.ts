import * as z from "zod";
import { FlashError } from "../problem.ts";

/** What the ACS gives for a box: secrets that cannot be read again. */
const claimed = z.object({
  deviceId: z.string(),
  serialNumber: z.string(),
  credentials: z.object({ cwmpUsername: z.string(), cwmpPassword: z.string() }),
  claimCode: z.string(),
});
export type ClaimedBox = z.infer<typeof claimed>;

const box = z.object({ state: z.string(), lastInformAt: z.string().nullable() });
const problem = z.object({ detail: z.string(), remedy: z.string().optional() });

const requestMs = 15_000;

export type NewBox = {
  oui: string;
  productClass: string;
  serialNumber?: string;
  profile: string;
  provider: string;
  region: string;
  mac: string;
};

/** The ACS, as a factory station sees it (its HTTP API, with a token of the role `station`). */
export class Station {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url.replace(/\/$/, "");
    this.#token = token;
  }

  /**
   * Claims a box to make; without a serial number the ACS gives the next.
   * @throws FlashError `STATION_FAILED`
   */
  async claim(wanted: NewBox): Promise<ClaimedBox> {
    return claimed.parse(await this.#ask("POST", "/api/boxes", wanted));
  }

  /**
   * Hands the test report over; `ready` makes the box one that can be ordered.
   * @throws FlashError `STATION_FAILED`
   */
  async report(
    deviceId: string,
    outcome: "ready" | "faulty",
    report: object,
    certificate?: string,
  ): Promise<void> {
    const body = { outcome, report, ...(certificate === undefined ? {} : { certificate }) };
    await this.#ask("PUT", `/api/devices/${encodeURIComponent(deviceId)}/box/report`, body);
  }

  /**
   * When the box last called the ACS; undefined when it never did.
   * @throws FlashError `STATION_FAILED`
   */
  async lastInform(deviceId: string): Promise<Date | undefined> {
    const { lastInformAt } = box.parse(
      await this.#ask("GET", `/api/devices/${encodeURIComponent(deviceId)}/box`),
    );
    return lastInformAt === null ? undefined : new Date(lastInformAt);
  }

  async #ask(method: "GET" | "POST" | "PUT", path: string, body?: object): Promise<unknown> {
    let answer: Response;
    try {
      answer = await fetch(`${this.#url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(requestMs),
      });
    } catch (cause) {
      throw new FlashError("STATION_FAILED", { reason: `${this.#url}: ${reasonOf(cause)}` }, { cause });
    }
    const content: unknown = await answer.json().catch(() => undefined);
    if (answer.ok) return content;
    const said = problem.safeParse(content);
    const words = said.success ? [said.data.detail, said.data.remedy ?? ""].join(" ").trim() : "";
    throw new FlashError("STATION_FAILED", { reason: words || `HTTP ${answer.status}` });
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
