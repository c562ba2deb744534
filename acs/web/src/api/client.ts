import type { Problem } from "@tonalite/acs/api";

/** An answer that is no success, or no answer at all (status 0); `message` and `remedy` are for people. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
  get status(): number {
    return this.problem.status;
  }
}

export type Client = {
  get: <T>(path: string, signal?: AbortSignal) => Promise<T>;
  send: <T>(method: "POST" | "PATCH" | "DELETE", path: string, body?: object) => Promise<T>;
  upload: <T>(path: string, file: Blob) => Promise<T>;
  /** The live stream; the token goes in a header, so that no URL holds it. */
  stream: (signal: AbortSignal) => Promise<ReadableStream<string>>;
};

/**
 * The API of the ACS that served this page.
 * @param onRefused called when the token is not (or no longer) good
 */
export function createClient(token: string, onRefused: () => void): Client {
  const call = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${token}`);
    const response = await fetch(path, { ...init, headers, cache: "no-store" }).catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw new ApiError(unreachable);
    });
    if (response.ok) return response;
    if (response.status === 401) onRefused();
    throw new ApiError(await readProblem(response));
  };
  const json = async <T>(response: Response): Promise<T> =>
    (response.status === 204 ? undefined : await response.json()) as T;

  return {
    get: async (path, signal) => json(await call(path, signal ? { signal } : {})),
    send: async (method, path, body) =>
      json(
        await call(
          path,
          body === undefined
            ? { method }
            : { method, body: JSON.stringify(body), headers: { "content-type": "application/json" } },
        ),
      ),
    upload: async (path, file) =>
      json(
        await call(path, {
          method: "POST",
          body: file,
          headers: { "content-type": "application/octet-stream" },
        }),
      ),
    stream: async (signal) => {
      const { body } = await call("/api/events", { signal });
      if (!body) throw new ApiError(unreachable);
      return body.pipeThrough(new TextDecoderStream());
    },
  };
}

const unreachable: Problem = { type: "about:blank", title: "", status: 0, detail: "" };

async function readProblem(response: Response): Promise<Problem> {
  const fallback: Problem = {
    type: "about:blank",
    title: response.statusText,
    status: response.status,
    detail: `HTTP ${response.status}`,
  };
  try {
    return { ...fallback, ...((await response.json()) as Partial<Problem>) };
  } catch {
    return fallback;
  }
}
