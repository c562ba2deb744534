import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { Authentication } from "../net/authentication.ts";
import { digestResponse, parseChallenges } from "../net/digest.ts";
import { Cookies } from "./cookies.ts";
import { HttpSession, type HttpSessionOptions } from "./http-session.ts";
import { type Answer, ScriptedAcs, type Seen } from "./scripted-acs.ts";

const credentials = { username: 'box "1"', password: "correct horse" };
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function acs(script: (request: Seen, index: number) => Answer | Promise<Answer>) {
  const server = new ScriptedAcs(script);
  const url = await server.listen();
  closing.push(() => server.close());
  return { server, url };
}
function open(url: string, options: Partial<HttpSessionOptions> = {}): HttpSession {
  const session = new HttpSession({
    url,
    authentication: new Authentication(() => credentials),
    timeout: 2000,
    maximumBytes: 10_000,
    ...options,
  });
  closing.unshift(() => session.close());
  return session;
}

/** Verifies a Digest answer independently of the client's own code path for it. */
function isRight(request: Seen, algorithm: "MD5" | "SHA-256" | "MD5-sess" | "SHA-256-sess"): boolean {
  const [answer] = parseChallenges([request.headers.authorization ?? ""]);
  const field = (name: string) => answer?.fields.get(name) ?? "";
  const hash = (text: string) =>
    createHash(algorithm.startsWith("MD5") ? "md5" : "sha256")
      .update(text)
      .digest("hex");
  const own = hash(`${credentials.username}:${field("realm")}:${credentials.password}`);
  const secret = algorithm.endsWith("-sess") ? hash(`${own}:${field("nonce")}:${field("cnonce")}`) : own;
  const body = field("qop") === "auth-int" ? `:${hash(request.body)}` : "";
  const middle = [field("nonce"), field("nc"), field("cnonce"), field("qop")].join(":");
  return (
    field("username") === credentials.username &&
    field("uri") === request.url &&
    (field("algorithm") === algorithm || algorithm === "MD5" || algorithm === "SHA-256") &&
    field("response") === hash(`${secret}:${middle}:${hash(`POST:${request.url}${body}`)}`)
  );
}
const challenge = (nonce: string, algorithm = "MD5", extra = ""): Answer => ({
  status: 401,
  headers: {
    "WWW-Authenticate": `Digest realm="a, \\"b\\"", qop="auth,auth-int", nonce="${nonce}", opaque="o", algorithm=${algorithm}${extra}`,
  },
});
const ncOf = (request: Seen | undefined) =>
  parseChallenges([request?.headers.authorization ?? ""])[0]?.fields.get("nc");

describe("digest", () => {
  it("computes the examples of RFC 7616 section 3.9.1", () => {
    const input = {
      username: "Mufasa",
      password: "Circle of Life",
      realm: "http-auth@example.org",
      nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
      method: "GET",
      uri: "/dir/index.html",
      protection: { nc: 1, cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ" },
    };
    expect(digestResponse({ ...input, algorithm: "MD5" })).toBe("8ca523f5e9506fed4657c9700eebdbec");
    expect(digestResponse({ ...input, algorithm: "SHA-256" })).toBe(
      "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
    );
  });

  it("reads several challenges in one header", () => {
    const found = parseChallenges(['Basic realm="x", Digest realm="y, Basic z", nonce=abc', "Bearer"]);
    expect(found.map(({ scheme }) => scheme)).toEqual(["basic", "digest", "bearer"]);
    expect(found[1]?.fields.get("realm")).toBe("y, Basic z");
  });
});

describe("authentication", () => {
  it.each(["MD5", "SHA-256", "MD5-sess", "SHA-256-sess"] as const)(
    "answers a %s challenge, then speaks first with a rising count",
    async (algorithm) => {
      const { server, url } = await acs((request) =>
        request.headers.authorization === undefined ? challenge("n1", algorithm) : { body: "<a/>" },
      );
      const session = open(url);
      await session.post("<x/>");
      await session.post("");
      expect(server.seen.map((request) => isRight(request, algorithm))).toEqual([false, true, true]);
      expect(server.seen.map(ncOf)).toEqual([undefined, "00000001", "00000002"]);
      expect(new Set(server.seen.map(({ socket }) => socket)).size).toBe(1);
    },
  );

  it("protects the body where the server insists, and not where it only may", async () => {
    const ask = (qop: string): Answer => ({
      status: 401,
      headers: { "WWW-Authenticate": `Digest realm="r", qop="${qop}", nonce="n", algorithm=SHA-256` },
    });
    for (const qop of ["auth-int", "auth-int, auth"]) {
      const { server, url } = await acs((request) =>
        request.headers.authorization === undefined ? ask(qop) : {},
      );
      const session = open(url);
      await session.post("<x/>");
      await session.post("");
      expect(server.seen.map((request) => isRight(request, "SHA-256"))).toEqual([false, true, true]);
      const chosen = qop === "auth-int" ? "qop=auth-int," : "qop=auth,";
      expect(server.seen[1]?.headers.authorization).toContain(chosen);
    }
  });

  it("prefers SHA-256 where both are offered", async () => {
    const both = ["MD5", "SHA-256"].map(
      (name) => `Digest realm="r", qop="auth", nonce="n", algorithm=${name}`,
    );
    const { server, url } = await acs((request) =>
      request.headers.authorization === undefined
        ? { status: 401, headers: { "WWW-Authenticate": both } }
        : {},
    );
    await open(url).post("");
    expect(isRight(server.seen[1] as Seen, "SHA-256")).toBe(true);
  });

  it("keeps its nonce for the next session, and takes a new one when it is stale", async () => {
    let nonce = "n1";
    const { server, url } = await acs((request) =>
      request.headers.authorization?.includes(`nonce="${nonce}"`) === true
        ? { body: "ok" }
        : challenge(nonce, "MD5", request.headers.authorization === undefined ? "" : ", stale=true"),
    );
    const authentication = new Authentication(() => credentials);
    await open(url, { authentication }).post("");
    await open(url, { authentication }).post("");
    expect(server.seen).toHaveLength(3);
    nonce = "n2";
    await open(url, { authentication }).post("");
    expect(server.seen).toHaveLength(5);
    expect(ncOf(server.seen[4])).toBe("00000001");
  });

  it("takes the next nonce that the server prefers", async () => {
    const { server, url } = await acs((request) =>
      request.headers.authorization === undefined
        ? challenge("n1")
        : { headers: { "Authentication-Info": 'nextnonce="n2", qop=auth' } },
    );
    const session = open(url);
    await session.post("");
    await session.post("");
    expect(server.seen[2]?.headers.authorization).toContain('nonce="n2"');
  });

  it("gives up on refused credentials after one answer", async () => {
    let count = 0;
    const { server, url } = await acs(() => challenge(`n${(count += 1)}`));
    await expect(open(url).post("<x/>")).rejects.toMatchObject({ code: "CREDENTIALS_REFUSED" });
    expect(server.seen).toHaveLength(2);
  });

  it("speaks Basic to this machine, and never in the clear to another", async () => {
    const basic: Answer = { status: 401, headers: { "WWW-Authenticate": 'Basic realm="r"' } };
    const { server, url } = await acs((request) =>
      request.headers.authorization === undefined ? basic : {},
    );
    await open(url).post("");
    expect(server.seen[1]?.headers.authorization).toMatch(/^Basic /);
    const target = { method: "POST", url: new URL("http://acs.example/") };
    const authentication = new Authentication(() => credentials);
    expect(authentication.challenge(['Basic realm="r"'], target, false)).toBe(false);
    expect(authentication.header(target)).toBeUndefined();
  });

  it("refuses a challenge it cannot answer", async () => {
    const { url } = await acs(() => challenge("n", "SHA-512-256"));
    await expect(open(url).post("")).rejects.toMatchObject({ code: "CREDENTIALS_REFUSED" });
  });
});

describe("a session's connection", () => {
  it("labels an envelope, and nothing on an empty POST (TR-069 3.4.1)", async () => {
    const { server, url } = await acs(() => ({ status: 204 }));
    const session = open(url);
    expect(await session.post("<é/>")).toHaveLength(0);
    await session.post("");
    expect(server.seen[0]).toMatchObject({ method: "POST", body: "<é/>", headers: { soapaction: '""' } });
    expect(server.seen[0]?.headers["content-type"]).toMatch(/^text\/xml/);
    expect(server.seen[1]?.headers).toMatchObject({ "content-length": "0" });
    expect(server.seen[1]?.headers).not.toHaveProperty("content-type");
    expect(server.seen[1]?.headers).not.toHaveProperty("soapaction");
  });

  it("returns cookies until they expire, under their path", async () => {
    const cookies = [["a=1; Path=/; HttpOnly", "b=2", "other=3; Path=/else"], ["a=; Max-Age=0"], []];
    const { server, url } = await acs((_request, index) => ({
      headers: { "Set-Cookie": cookies[index] ?? [] },
    }));
    const session = open(url);
    for (let index = 0; index < 3; index += 1) await session.post("");
    expect(server.seen.map(({ headers }) => headers.cookie)).toEqual([undefined, "a=1; b=2", "b=2"]);
  });

  const jar: [string, setCookie: string, at: string, asked: string, returned: boolean][] = [
    ["for its host", "a=1", "http://acs.example/cwmp", "http://acs.example/cwmp", true],
    ["below the folder of the page", "a=1", "http://acs.example/cwmp/x", "http://acs.example/other", false],
    ["for its path", "a=1; Path=/a", "http://acs.example/", "http://acs.example/ab", false],
    ["below its path", "a=1; Path=/a", "http://acs.example/", "http://acs.example/a/b", true],
    ["without a domain to that host only", "a=1", "http://acs.example/", "http://x.acs.example/", false],
    [
      "to the whole domain",
      "a=1; Domain=.example.net",
      "http://a.example.net/",
      "http://b.example.net/",
      true,
    ],
    [
      "never for a stranger's domain",
      "a=1; Domain=other.net",
      "http://a.example.net/",
      "http://other.net/",
      false,
    ],
    [
      "never to an address that ends alike",
      "a=1; Domain=0.0.1",
      "http://10.0.0.1/",
      "http://20.0.0.1/",
      false,
    ],
    ["under TLS where it is secure", "a=1; Secure", "https://acs.example/", "http://acs.example/", false],
    ["under TLS", "a=1; secure; HttpOnly", "https://acs.example/", "https://acs.example:99/", true],
    ["while it lasts", "a=1; Max-Age=60", "http://acs.example/", "http://acs.example/", true],
    [
      "not once its age is over",
      "a=1; Max-Age=30; Expires=Fri, 01 Jan 2100 00:00:00 GMT",
      "http://a/",
      "http://a/",
      false,
    ],
    [
      "not once it has expired",
      "a=1; Expires=Thu, 01 Jan 1970 00:00:40 GMT",
      "http://a/",
      "http://a/",
      false,
    ],
    ["with a date that cannot be read", "a=1; Expires=soon", "http://a/", "http://a/", true],
    ["not without a name", "=1", "http://a/", "http://a/", false],
    ["not when it is too long", `a=${"x".repeat(5000)}`, "http://a/", "http://a/", false],
  ];
  it.each(jar)("returns a cookie %s (RFC 6265)", (_name, setCookie, at, asked, returned) => {
    const cookies = new Cookies();
    cookies.take([setCookie], new URL(at), 0);
    expect(cookies.header(new URL(asked), 45_000) !== undefined).toBe(returned);
  });

  it("replaces a cookie of the same name and place, and holds no more than 32", () => {
    const cookies = new Cookies();
    const url = new URL("http://a/");
    cookies.take(["a=1", "a=2", "b=1; Path=/b", "a=3; Path=/b"], url, 0);
    expect(cookies.header(new URL("http://a/b"), 0)).toBe("b=1; a=3; a=2");
    const many = Array.from({ length: 100 }, (_, index) => `c${index}=1`);
    cookies.take(many, url, 0);
    expect(cookies.header(new URL("http://a/b"), 0)?.split("; ")).toHaveLength(32);
  });

  it("reads gzipped answers, and gzips its own where the ACS wants it", async () => {
    const { server, url } = await acs(() => ({
      headers: { "Content-Encoding": "gzip" },
      body: gzipSync("<ok/>"),
    }));
    const session = open(url, { compress: true });
    expect((await session.post("<x/>")).toString()).toBe("<ok/>");
    await session.post("");
    expect(server.seen[0]).toMatchObject({ body: "<x/>", headers: { "content-encoding": "gzip" } });
    expect(server.seen[1]?.headers).not.toHaveProperty("content-encoding");
  });

  it("unpacks no more than it would read", async () => {
    const { url } = await acs(() => ({
      headers: { "Content-Encoding": "gzip" },
      body: gzipSync("x".repeat(5_000_000)),
    }));
    await expect(open(url).post("<x/>")).rejects.toMatchObject({ code: "TOO_LARGE" });
  });

  it.each([
    ["an unknown encoding", { headers: { "Content-Encoding": "br" }, body: "x" }],
    [
      "a damaged gzip",
      { headers: { "Content-Encoding": "gzip" }, body: gzipSync("x".repeat(100)).subarray(0, 20) },
    ],
  ])("refuses %s", async (_name, answer) => {
    const { url } = await acs(() => answer);
    await expect(open(url).post("<x/>")).rejects.toMatchObject({ code: "BAD_ENCODING" });
  });

  it("goes on with a server that closes after every answer, and with chunks", async () => {
    const { server, url } = await acs((_request, index) => ({
      headers: { Connection: "close", ...(index === 0 ? { "Set-Cookie": "session=7" } : {}) },
      body: "<ok/>",
    }));
    const session = open(url);
    for (let index = 0; index < 3; index += 1) expect((await session.post("<x/>")).toString()).toBe("<ok/>");
    expect(server.seen.map(({ socket }) => socket)).toEqual([1, 2, 3]);
    expect(server.seen[2]?.headers.cookie).toBe("session=7");
  });

  it("follows redirects with the body, up to five", async () => {
    const { server, url } = await acs(({ url: path }) =>
      path === "/there" ? { body: "here" } : { status: 307, headers: { Location: "/there" } },
    );
    const session = open(url);
    expect((await session.post("<x/>")).toString()).toBe("here");
    expect(server.seen[1]).toMatchObject({ url: "/there", body: "<x/>" });
    await session.post("");
    expect(server.seen).toHaveLength(3);

    const loop = await acs(() => ({ status: 302, headers: { Location: "/" } }));
    await expect(open(loop.url).post("")).rejects.toMatchObject({ code: "TOO_MANY_REDIRECTS" });
    expect(loop.server.seen).toHaveLength(6);
  });

  const refusals: [string, Answer, string][] = [
    ["a redirect to nowhere", { status: 302 }, "BAD_REDIRECT"],
    ["a redirect to a file", { status: 302, headers: { Location: "file:///etc/passwd" } }, "BAD_URL"],
    ["a server error", { status: 503 }, "HTTP_STATUS"],
    ["an oversize answer", { body: "x".repeat(10_001) }, "TOO_LARGE"],
    ["a connection that drops", { hangUp: true }, "UNREACHABLE"],
  ];
  it.each(refusals)("refuses %s", async (_name, answer, code) => {
    const { url } = await acs(() => answer);
    await expect(open(url).post("<x/>")).rejects.toMatchObject({ code });
  });

  it("does not wait for ever", async () => {
    const { url } = await acs(() => new Promise<Answer>(() => {}));
    await expect(open(url, { timeout: 50 }).post("")).rejects.toMatchObject({ code: "TIMED_OUT" });
  });

  it("asks again once when a kept connection was dropped", async () => {
    const { server, url } = await acs((_request, index) => (index === 1 ? { hangUp: true } : { body: "ok" }));
    const session = open(url);
    await session.post("");
    expect((await session.post("")).toString()).toBe("ok");
    expect(server.seen).toHaveLength(3);
  });

  it("fails what is under way when it is closed", async () => {
    const { url } = await acs(() => new Promise<Answer>(() => {}));
    const session = open(url);
    const posted = session.post("");
    session.close();
    await expect(posted).rejects.toMatchObject({ code: "CLOSED" });
  });

  it.each(["", "acs.example", "ftp://acs.example/"])("refuses the URL %j", (url) => {
    expect(() => open(url)).toThrow(expect.objectContaining({ code: "BAD_URL" }));
  });
});
