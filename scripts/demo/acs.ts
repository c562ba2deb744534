import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startChild } from "../telephony/index.ts";
import type { Child } from "../telephony/index.ts";

const root = join(import.meta.dirname, "../..");

/** Ports as the ACS printed them on its line `ready http=… cwmp=… mqtt=…`. */
export type AcsPorts = { http: number; cwmp: number; mqtt: number; stun?: number; light?: number };

export type AcsProcess = {
  ports: AcsPorts;
  child: Child;
  api: AcsApi;
  stop: () => Promise<void>;
};

export type AcsOptions = {
  dataDir: string;
  ports?: Partial<AcsPorts>;
  openEnrolment?: boolean;
  /** seconds between a box's sessions; the ACS's usual when left out */
  informInterval?: number;
  /** HTTP, CWMP and MQTT over TLS: PEM files, and with `boxAuthorities` boxes that prove themselves by a certificate */
  tls?: { certificate: string; key: string; boxAuthorities?: string };
  /** the address it listens on; the loopback one when left out */
  host?: string;
  /** milliseconds until an ACS that is not ready counts as failed */
  patience?: number;
};

/** Starts the ACS as its own process and waits for its `ready` line. */
export async function startAcs(options: AcsOptions): Promise<AcsProcess> {
  const { dataDir, host = "127.0.0.1", ports = {}, patience = 60_000 } = options;
  const args = [join(root, "acs/src/server.ts"), "--data", dataDir, "--host", host];
  for (const name of ["http", "cwmp", "mqtt"] as const) args.push(`--${name}`, String(ports[name] ?? 0));
  for (const name of ["stun", "light"] as const)
    if (ports[name] !== undefined) args.push(`--${name}`, String(ports[name]));
  if (options.tls) {
    args.push("--tls-cert", options.tls.certificate, "--tls-key", options.tls.key);
    if (options.tls.boxAuthorities !== undefined) args.push("--box-ca", options.tls.boxAuthorities);
  }
  if (options.informInterval !== undefined) args.push("--inform-interval", String(options.informInterval));
  if (options.openEnrolment) args.push("--open-enrolment");
  const child = startChild(process.execPath, args, "nodejs");
  const ready = new Promise<AcsPorts>((resolve) => {
    let text = "";
    child.process.stdout?.on("data", (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-65_536);
      const line = /^ready .*$/m.exec(text)?.[0];
      if (line !== undefined) resolve(parseReady(line));
    });
  });
  const late = new Promise<never>((_, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`the ACS was not ready in time:\n${child.output()}`)),
      patience,
    );
    timer.unref();
    void child.ended.then((code) => reject(new Error(`the ACS ended with code ${code}:\n${child.output()}`)));
  });
  try {
    const found = await Promise.race([ready, late]);
    late.catch(() => undefined);
    const token = readFileSync(join(dataDir, "admin-token"), "utf8").trim();
    return {
      ports: found,
      child,
      api: acsApi(`${options.tls ? "https" : "http"}://${host}:${found.http}`, token),
      stop: () => child.stop(),
    };
  } catch (error) {
    await child.stop();
    throw error;
  }
}

function parseReady(line: string): AcsPorts {
  const port = (name: string): number => Number(new RegExp(`${name}=\\S*?(\\d+)(?:\\s|$)`).exec(line)?.[1]);
  const more = (["stun", "light"] as const).map((name) => [name, port(name)] as const);
  return {
    http: port("http"),
    cwmp: port("cwmp"),
    mqtt: port("mqtt"),
    ...Object.fromEntries(more.filter(([, found]) => !Number.isNaN(found))),
  };
}

/** An answer of the ACS that is not a success; `status` and the problem's own words. */
export class AcsApiError extends Error {
  override readonly name = "AcsApiError";
  readonly status: number;
  readonly problem: Record<string, unknown>;
  constructor(status: number, problem: Record<string, unknown>) {
    const words = [problem["title"], problem["detail"]].filter((part) => typeof part === "string");
    super(`${status} ${words.join(": ")}`);
    this.status = status;
    this.problem = problem;
  }
}

/** The ACS's HTTP API with its token. Answers are as the OpenAPI document says. */
export type AcsApi = {
  url: string;
  token: string;
  get: <T>(path: string) => Promise<T>;
  post: <T>(path: string, body: unknown) => Promise<T>;
  patch: <T>(path: string, body: unknown) => Promise<T>;
  put: <T>(path: string, body: unknown) => Promise<T>;
  upload: <T>(path: string, bytes: Uint8Array) => Promise<T>;
};

export function acsApi(url: string, token: string): AcsApi {
  const call = async <T>(
    method: string,
    path: string,
    type?: string,
    body?: string | Uint8Array,
  ): Promise<T> => {
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    if (type !== undefined) headers["content-type"] = type;
    const init: RequestInit = { method, headers, ...(body === undefined ? {} : { body: body as string }) };
    const response = await fetch(`${url}${path}`, init);
    const text = await response.text();
    const answer: unknown = text === "" ? undefined : JSON.parse(text);
    if (!response.ok) throw new AcsApiError(response.status, (answer ?? {}) as Record<string, unknown>);
    return answer as T;
  };
  return {
    url,
    token,
    get: (path) => call("GET", path),
    post: (path, body) => call("POST", path, "application/json", JSON.stringify(body)),
    patch: (path, body) => call("PATCH", path, "application/json", JSON.stringify(body)),
    put: (path, body) => call("PUT", path, "application/json", JSON.stringify(body)),
    upload: (path, bytes) => call("POST", path, "application/octet-stream", bytes),
  };
}
