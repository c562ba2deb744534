// oxlint-disable-next-line import/no-unassigned-import -- what is tried here is its effect
import "./plain-zod.ts";
import { describe, expect, it } from "vitest";
import * as z from "zod";

const port = z.int().min(1).max(65535);
const server = z.strictObject({
  host: z.string().min(1),
  port: port.default(5060),
  tls: z.boolean().optional(),
});

describe("a thinned schema", () => {
  it("checks as before", () => {
    expect(server.parse({ host: "sip.example" })).toEqual({ host: "sip.example", port: 5060 });
    expect(
      server
        .safeParse({ host: "", port: 70_000, x: 1 })
        .error?.issues.map(({ code }) => code)
        .sort(),
    ).toEqual(["too_big", "too_small", "unrecognized_keys"]);
    expect(server.extend({ user: z.string() }).safeParse({ host: "h" }).success).toBe(false);
  });

  it("is still of its kind", () => {
    expect(server).toBeInstanceOf(z.ZodObject);
    expect(server.shape.host).toBeInstanceOf(z.ZodString);
    expect(server.shape.host).not.toBeInstanceOf(z.ZodNumber);
    expect(z.email()).toBeInstanceOf(z.ZodEmail);
    expect(z.string()).not.toBeInstanceOf(z.ZodEmail);
  });

  it("compiles no function and keeps nothing of the schema that it was made from", () => {
    expect(z.config().jitless).toBe(true);
    expect(port._zod.parent).toBeUndefined();
    expect(z.string()._zod.traits).toBe(z.string()._zod.traits);
  });
});
