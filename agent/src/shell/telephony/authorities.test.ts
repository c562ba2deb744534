import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeAuthorities } from "./authorities.ts";

it("joins the factory's authorities into one file for the engine", () => {
  const state = mkdtempSync(join(tmpdir(), "authorities-"));
  expect(writeAuthorities([], state)).toBe("");
  const path = writeAuthorities(["-----A-----\n\n", "-----B-----"], state);
  expect(readFileSync(path, "utf8")).toBe("-----A-----\n-----B-----\n");
  rmSync(state, { recursive: true });
});
