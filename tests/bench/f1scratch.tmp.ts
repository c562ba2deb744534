import { createHash, randomBytes } from "node:crypto";
import { Agent, request } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeEnvelope, encodeEnvelope } from "@tonalite/agent/core/cwmp";
import { startAcs } from "@tonalite/scripts/demo";
import type { AcsProcess } from "@tonalite/scripts/demo";
import { cpuSeconds, descendantsOf } from "/work/main/tests/bench/figures.ts";
import type { Figure } from "/work/main/tests/bench/figures.ts";

const sessionsMeasured = 3000;
const warmUp = 600;
const devices = 1;
const namespace = "urn:dslforum-org:cwmp-1-2";

/**
 * What one periodic session (Inform, empty POST) costs the ACS, for boxes of 130 and of 800 stored parameters, on its
 * durable store. The boxes keep their connection and answer the digest challenge from the first session on, as ours do.
 */
export async function benchInform(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const parameters of [130, 800]) {
    const dir = mkdtempSync(join(tmpdir(), "tonalite-bench-acs-"));
    const acs = await startAcs({ dataDir: dir, openEnrolment: true });
    try {
      figures.push(...(await measure(acs, parameters)));
    } finally {
      await acs.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  }
  return figures;
}

async function measure(acs: AcsProcess, parameters: number): Promise<Figure[]> {
  const pid = acs.child.process.pid ?? 0;
  const boxes: Box[] = [];
  for (let index = 0; index < devices; index++) boxes.push(await openBox(acs, index, parameters));
  const rounds = async (count: number): Promise<void> => {
    await Promise.all(
      boxes.map(async (box) => {
        for (let i = 0; i < count / boxes.length; i++) await box.session(["2 PERIODIC"]);
      }),
    );
  };
  for (const box of boxes) await box.session(["0 BOOTSTRAP", "1 BOOT"]);
  await rounds(warmUp);
  const helpers = descendantsOf(pid);
  const before = { acs: cpuSeconds(pid), helpers: sum(helpers), wall: performance.now() };
  await rounds(sessionsMeasured);
  const per = 1000 / sessionsMeasured;
  const name = `ACS, Inform-only session, ${parameters} parameters`;
  const rate = sessionsMeasured / ((performance.now() - before.wall) / 1000);
  const figures = [
    { name: `${name}: CPU`, value: (cpuSeconds(pid) - before.acs) * per, unit: "ms", aim: "at most 0.6 ms" },
    { name: `${name}: CPU of store and broker`, value: (sum(helpers) - before.helpers) * per, unit: "ms" },
    {
      name: `${name}: rate`,
      value: rate,
      unit: "/s",
      note: `${devices} boxes at once, this client on the same 2 cores`,
    },
  ];
  for (const box of boxes) box.close();
  return figures;
}

const sum = (pids: number[]): number =>
  pids.reduce((total, pid) => {
    try {
      return total + cpuSeconds(pid);
    } catch {
      return total; // a store's worker that ended meanwhile
    }
  }, 0);

type Box = { session: (events: string[]) => Promise<void>; close: () => void };

/** A box of the bench: registered through the API, answering what the ACS asks with `parameters` values. */
async function openBox(acs: AcsProcess, index: number, parameters: number): Promise<Box> {
  const deviceId = {
    manufacturer: "Bench",
    oui: "0011AA",
    productClass: "bench",
    serialNumber: `B${String(index).padStart(6, "0")}`,
  };
  const { credentials } = await acs.api.post<{
    credentials: { cwmpUsername: string; cwmpPassword: string };
  }>("/api/devices", {
    oui: deviceId.oui,
    productClass: deviceId.productClass,
    serialNumber: deviceId.serialNumber,
    profile: "virtual/sim",
    provider: "ippi",
    region: "fr",
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const values = new Map<string, string>();
  for (let i = 0; i < parameters; i++)
    values.set(`Device.X_BENCH_Group${i % 10}.Parameter${i}`, `value ${i}`);
  const post = digestPoster(agent, acs.ports.cwmp, credentials.cwmpUsername, credentials.cwmpPassword);
  const informed = [
    "Device.RootDataModelVersion",
    "Device.DeviceInfo.HardwareVersion",
    "Device.DeviceInfo.SoftwareVersion",
    "Device.DeviceInfo.ProvisioningCode",
    "Device.ManagementServer.ParameterKey",
    "Device.ManagementServer.ConnectionRequestURL",
  ].map((path) => ({
    path,
    value: path.endsWith("URL") ? "http://127.0.0.1:9/" : "1",
    type: "string" as const,
  }));
  return {
    async session(events) {
      let parameterKey = values.get("Device.ManagementServer.ParameterKey") ?? "";
      await post.send(
        encodeEnvelope({
          id: "1",
          namespace,
          body: {
            method: "Inform",
            deviceId,
            events: events.map((eventCode) => ({ eventCode, commandKey: "" })),
            maxEnvelopes: 1,
            currentTime: "2026-01-01T00:00:00Z",
            retryCount: 0,
            parameters: informed.map((one) =>
              one.path.endsWith("ParameterKey") ? { ...one, value: parameterKey } : one,
            ),
          },
        }),
      );
      for (let reply = ""; ;) {
        const answer = await post.send(reply);
        if (answer === "") return;
        const asked = decodeEnvelope(answer);
        const { body } = asked;
        const head = {
          ...(asked.id === undefined ? {} : { id: asked.id }),
          namespace: asked.namespace,
        } as const;
        if (body.method === "GetParameterNames") {
          const list = [...values.keys()].filter((path) => path.startsWith(body.path));
          const names = list.map((path) => ({ path, writable: false }));
          reply = encodeEnvelope({
            ...head,
            body: { method: "GetParameterNamesResponse", parameters: names },
          });
        } else if (body.method === "GetParameterValues") {
          const found = [...values].filter(([path]) =>
            body.names.some((name) => path === name || path.startsWith(name)),
          );
          const list = found.map(([path, value]) => ({ path, value, type: "string" as const }));
          reply = encodeEnvelope({
            ...head,
            body: { method: "GetParameterValuesResponse", parameters: list },
          });
        } else if (body.method === "SetParameterValues") {
          for (const { path, value } of body.parameters) values.set(path, value);
          parameterKey = body.parameterKey;
          values.set("Device.ManagementServer.ParameterKey", parameterKey);
          reply = encodeEnvelope({ ...head, body: { method: "SetParameterValuesResponse", status: 0 } });
        } else throw new Error(`the bench's box was asked for ${body.method}`);
      }
    },
    close: () => agent.destroy(),
  };
}

/** POSTs with preemptive digest (one nonce, rising nc) and the session's cookie. */
function digestPoster(
  agent: Agent,
  port: number,
  user: string,
  password: string,
): { send: (body: string) => Promise<string> } {
  const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
  let challenge: { realm: string; nonce: string; opaque: string; ha1: string } | undefined;
  let nc = 0;
  let cookie = "";
  const ha2 = md5("POST:/");
  const authorization = (): string => {
    if (challenge === undefined) return "";
    const { realm, nonce, opaque, ha1 } = challenge;
    const count = (++nc).toString(16).padStart(8, "0");
    const cnonce = randomBytes(4).toString("hex");
    const response = md5(`${ha1}:${nonce}:${count}:${cnonce}:auth:${ha2}`);
    const tail = opaque === "" ? "" : `, opaque="${opaque}"`;
    return `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="/", algorithm=MD5, response="${response}", qop=auth, nc=${count}, cnonce="${cnonce}"${tail}`;
  };
  const once = (body: string): Promise<{ status: number; text: string; header: string }> =>
    new Promise((resolve, reject) => {
      const headers: Record<string, string | number> = { "content-length": Buffer.byteLength(body) };
      if (body !== "") headers["content-type"] = "text/xml; charset=utf-8";
      if (cookie !== "") headers["cookie"] = cookie;
      const auth = authorization();
      if (auth !== "") headers["authorization"] = auth;
      const out = request(
        { agent, port, host: "127.0.0.1", method: "POST", path: "/", headers },
        (answer) => {
          let text = "";
          answer.setEncoding("utf8");
          answer.on("data", (chunk: string) => (text += chunk));
          answer.on("end", () => {
            const set = answer.headers["set-cookie"]?.map((one) => one.split(";")[0] ?? "");
            if (set && set.length > 0) cookie = set.join("; ");
            const offered = [answer.headers["www-authenticate"] ?? ""].flat().join(", ");
            resolve({ status: answer.statusCode ?? 0, text, header: offered });
          });
        },
      );
      out.once("error", reject);
      out.end(body);
    });
  return {
    async send(body) {
      let answer = await once(body);
      if (answer.status === 401) {
        const md5Part =
          answer.header.split(/(?=Digest )/).find((one) => !/SHA-256/i.test(one)) ?? answer.header;
        const part = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(md5Part)?.[1] ?? "";
        const realm = part("realm");
        challenge = {
          realm,
          nonce: part("nonce"),
          opaque: part("opaque"),
          ha1: md5(`${user}:${realm}:${password}`),
        };
        nc = 0;
        answer = await once(body);
      }
      if (answer.status >= 300)
        throw new Error(`the ACS answered ${answer.status}: ${answer.text.slice(0, 300)}`);
      return answer.text;
    },
  };
}
