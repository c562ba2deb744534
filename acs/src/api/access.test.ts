import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureAdminToken } from "../accounts/first-token.ts";
import { newDevice, openLaboratory, type Laboratory } from "./laboratory.ts";
import { Health, Problem, RegisteredDevice, Session } from "./schemas.ts";

let lab: Laboratory;
beforeAll(async () => {
  lab = await openLaboratory();
});
afterAll(() => lab.close());

async function register(change: object = {}) {
  const answer = await lab.call("POST", "/api/devices", newDevice(change));
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return RegisteredDevice.parse(answer.body);
}
const path = (id: string, rest = "") => `/api/devices/${encodeURIComponent(id)}${rest}`;

describe("access", () => {
  it.each([
    ["no token", {}],
    ["nonsense", { authorization: "Bearer nonsense" }],
    ["a well-formed but unknown token", { authorization: `Bearer tnl_${"a".repeat(43)}` }],
    ["another scheme", { authorization: "Basic YTpi" }],
  ])("is refused with %s, and says where the token is", async (_case, headers) => {
    const answer = await lab.app.inject({ url: "/api/devices", headers });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers["www-authenticate"]).toContain("Bearer");
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect(Problem.parse(answer.json()).remedy).toContain("admin-token");
  });

  it("is open for health only", async () => {
    expect(Health.parse((await lab.app.inject("/api/health")).json())).toMatchObject({
      status: "ok",
      store: true,
    });
  });

  it("comes with the first start's token file, readable by its owner alone and kept as a hash", async () => {
    expect(statSync(join(lab.dataDir, "admin-token")).mode & 0o777).toBe(0o600);
    const rows = await lab.services.db.selectFrom("api_tokens").selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(lab.adminToken);
    expect(Session.parse((await lab.call("GET", "/api/session")).body).role).toBe("admin");
  });

  it("can be won back by emptying the token file", async () => {
    const file = join(lab.dataDir, "admin-token");
    await ensureAdminToken(lab.services.db, lab.dataDir);
    expect(readFileSync(file, "utf8").trim()).toBe(lab.adminToken);
    writeFileSync(file, "");
    await ensureAdminToken(lab.services.db, lab.dataDir);
    const another = readFileSync(file, "utf8").trim();
    expect(another).not.toBe(lab.adminToken);
    expect((await lab.call("GET", "/api/session", undefined, another)).status).toBe(200);
    writeFileSync(file, lab.adminToken);
  });

  it("of support staff ends at what administrators do, and with the token", async () => {
    const issued = (await lab.call("POST", "/api/tokens", { name: "Zoé", role: "support" })).body as {
      token: string;
      details: { id: string };
    };
    const { device } = await register();
    const as = (method: "GET" | "POST" | "PATCH", url: string, body?: object) =>
      lab.call(method, url, body, issued.token);
    expect((await as("GET", path(device.id))).status).toBe(200);
    expect((await as("POST", path(device.id, "/commands"), { kind: "reboot" })).status).toBe(202);
    expect((await as("POST", path(device.id, "/commands"), { kind: "factory-reset" })).status).toBe(403);
    expect((await as("POST", "/api/devices", newDevice())).status).toBe(403);
    expect((await as("PATCH", path(device.id), { label: "x" })).status).toBe(403);
    expect((await as("GET", "/api/tokens")).status).toBe(403);
    expect((await lab.call("DELETE", `/api/tokens/${issued.details.id}`)).status).toBe(204);
    expect((await as("GET", path(device.id))).status).toBe(401);
  });

  it("cannot be revoked by the token itself", async () => {
    const { items } = (await lab.call("GET", "/api/tokens")).body as {
      items: { id: string; name: string }[];
    };
    const answers = await Promise.all(items.map((token) => lab.call("DELETE", `/api/tokens/${token.id}`)));
    expect(answers.map((answer) => answer.status)).toContain(409);
    expect((await lab.call("GET", "/api/session")).status).toBe(200);
  });
});
