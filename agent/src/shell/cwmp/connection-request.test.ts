import { request } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConnectionRequestServer } from "./connection-request.ts";
import { KnockLimit } from "./knock-limit.ts";
import { digestResponse, nonceCount, parseChallenges } from "../net/digest.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
let credentials = { username: "acs", password: "secret" };
let now = 1_000_000;
let knocks = 0;
let open = true;
let server: ConnectionRequestServer;
let url: string;

beforeEach(async () => {
  credentials = { username: "acs", password: "secret" };
  knocks = 0;
  open = true;
  server = new ConnectionRequestServer({
    host: "127.0.0.1",
    port: 0,
    credentials: () => credentials,
    isOpen: () => open,
    onRequest: () => (knocks += 1),
    limit: new KnockLimit(),
    clock: { now: () => now, after: () => () => {} },
    log: silent,
  });
  await server.listen();
  url = server.url("127.0.0.1");
});
afterEach(() => server.close());

type Reply = { status: number; authenticate: string; length: string };
const get = (target: string, authorization?: string, method = "GET"): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const headers = authorization === undefined ? {} : { authorization };
    request(target, { method, headers, agent: false }, (response) => {
      response.resume();
      const { "www-authenticate": authenticate = "", "content-length": length = "" } = response.headers;
      resolve({ status: response.statusCode ?? 0, authenticate, length });
    })
      .on("error", reject)
      .end();
  });
async function proof(password = credentials.password, username = credentials.username): Promise<string> {
  const { authenticate } = await get(url);
  const [challenge] = parseChallenges([authenticate]);
  const realm = challenge?.fields.get("realm") ?? "";
  const nonce = challenge?.fields.get("nonce") ?? "";
  const uri = new URL(url).pathname;
  const protection = { nc: 1, cnonce: "c" };
  const input = { algorithm: "MD5", username, password, realm, nonce, method: "GET", uri, protection };
  return `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", qop=auth, nc=${nonceCount(1)}, cnonce="c", response="${digestResponse(input)}"`;
}

describe("a connection request (TR-069 3.2.2)", () => {
  it("with the right proof is answered at once, without a body, and wakes the client", async () => {
    expect(await get(url, await proof())).toMatchObject({ status: 200, length: "0" });
    expect(knocks).toBe(1);
  });

  it("is not answered at all while the ACS has closed this door", async () => {
    const authorization = await proof();
    open = false;
    await expect(get(url, authorization)).rejects.toThrow();
    expect(knocks).toBe(0);
  });

  it("without a proof is challenged", async () => {
    expect(await get(url)).toMatchObject({
      status: 401,
      authenticate: expect.stringContaining("Digest") as string,
    });
    expect(knocks).toBe(0);
  });

  it.each([
    ["a wrong password", () => proof("wrong")],
    ["a wrong name", () => proof("secret", "other")],
    ["Basic", async () => `Basic ${Buffer.from("acs:secret").toString("base64")}`],
    ["a nonce of its own making", async () => (await proof()).replace(/nonce="[^"]+"/, 'nonce="1.2.3"')],
    ["garbage", async () => 'Digest ,,,="'],
  ])("with %s is refused", async (_name, authorization) => {
    expect(await get(url, await authorization())).toMatchObject({ status: 401 });
    expect(knocks).toBe(0);
  });

  it("proves itself once a nonce, and while the nonce lives", async () => {
    const once = await proof();
    await get(url, once);
    expect(await get(url, once)).toMatchObject({ status: 401 });
    const late = await proof();
    now += 61_000;
    expect(await get(url, late)).toMatchObject({ status: 401 });
    expect(knocks).toBe(1);
  });

  it("is refused while no credentials are set: there is no default", async () => {
    credentials = { username: "", password: "" };
    expect(await get(url, await proof())).toMatchObject({ status: 401 });
  });

  it("finds nothing elsewhere, and answers GET only", async () => {
    expect(await get(new URL("/", url).href)).toMatchObject({ status: 404 });
    expect(await get(url, undefined, "POST")).toMatchObject({ status: 405 });
  });

  it("comes at most so often: then 503, until a minute has passed", async () => {
    for (let count = 0; count < 20; count += 1) await get(url, await proof());
    expect(await get(url)).toMatchObject({ status: 503 });
    expect(knocks).toBe(20);
    now += 61_000;
    expect(await get(url, await proof())).toMatchObject({ status: 200 });
  });

  it("cannot be guessed at for long", async () => {
    for (let count = 0; count < 30; count += 1) await get(url, "Digest nothing=1");
    expect(await get(url, "Digest nothing=1")).toMatchObject({ status: 503 });
  });
});
