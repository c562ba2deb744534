import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLaboratory, type Laboratory } from "./laboratory.ts";

let lab: Laboratory;
beforeAll(async () => {
  lab = await openLaboratory();
});
afterAll(() => lab.close());

type Operation = {
  summary?: string;
  tags?: string[];
  responses: Record<string, { content?: Record<string, { schema?: object }> }>;
};
type Document = {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown> };
};

const operations = [
  "GET /api/devices",
  "POST /api/devices",
  "GET /api/devices/{id}",
  "PATCH /api/devices/{id}",
  "GET /api/devices/{id}/parameters",
  "POST /api/devices/{id}/commands",
  "GET /api/devices/{id}/commands",
  "GET /api/commands/{id}",
  "POST /api/devices/{id}/tests",
  "GET /api/devices/{id}/tests",
  "GET /api/devices/{id}/alarms",
  "GET /api/devices/{id}/box",
  "GET /api/boxes",
  "POST /api/boxes",
  "POST /api/boxes/orders",
  "PUT /api/release",
  "PUT /api/devices/{id}/box/report",
  "DELETE /api/devices/{id}/box/order",
  "GET /api/devices/{id}/calls",
  "GET /api/calls",
  "GET /api/calls/{id}",
  "GET /api/campaigns",
  "POST /api/campaigns",
  "GET /api/campaigns/{id}",
  "GET /api/campaigns/{id}/devices",
  "PATCH /api/campaigns/{id}",
  "POST /api/updates/{id}/agree",
  "POST /api/updates/{id}/cancel",
  "POST /api/updates/{id}/confirm",
  "POST /api/updates/{id}/recall",
  "GET /api/devices/{id}/registrations",
  "GET /api/devices/{id}/journal",
  "GET /api/firmware",
  "GET /api/firmware/keys",
  "POST /api/firmware",
  "POST /api/devices/{id}/updates",
  "GET /api/devices/{id}/updates",
  "GET /api/updates/{id}",
  "GET /api/audit",
  "GET /api/audit/verification",
  "GET /api/terms",
  "GET /api/events",
  "GET /api/health",
  "GET /api/release",
  "GET /api/session",
  "GET /api/tokens",
  "POST /api/tokens",
  "DELETE /api/tokens/{id}",
];

describe("the OpenAPI document", () => {
  it("needs the token, the page that shows it does not", async () => {
    expect((await lab.app.inject("/docs/json")).statusCode).toBe(401);
    expect((await lab.app.inject("/docs/yaml")).statusCode).toBe(401);
    expect((await lab.app.inject("/docs/")).statusCode).toBe(200);
    const script = await lab.app.inject("/docs/static/swagger-initializer.js");
    expect(script.body).toContain("tonaliteToken");
    expect((await lab.call("GET", "/docs/yaml")).status).toBe(200);
  });

  it("lists every operation, each with words, its problems and schemas that resolve", async () => {
    const document = (await lab.call("GET", "/docs/json")).body as Document;
    expect(document.openapi).toMatch(/^3\.1/);
    const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(listed.sort()).toEqual(operations.toSorted());
    for (const [path, methods] of Object.entries(document.paths))
      for (const [method, operation] of Object.entries(methods)) {
        const name = `${method} ${path}`;
        expect(operation.summary, name).toBeTruthy();
        expect(operation.tags, name).toHaveLength(1);
        if (path !== "/api/health")
          expect(
            operation.responses["401"]?.content?.["application/problem+json"]?.schema,
            name,
          ).toBeDefined();
      }
    const text = JSON.stringify(document);
    for (const [, reference] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g))
      expect(document.components.schemas).toHaveProperty([reference ?? ""]);
    expect(text).not.toMatch(/"\$ref":"(?!#\/components\/schemas\/)/);
  });
});
