import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dial, hangUp, heardTone, openStage, registered } from "./stage.ts";
import type { Stage } from "./stage.ts";

/* Chromium's own services are off: they would call home, and this machine's network need not let them. */
const quiet = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

describe("the console in a real browser", () => {
  let stage: Stage;
  let profile: string;
  let context: BrowserContext;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    stage = await openStage();
    await registered(stage);
    profile = mkdtempSync(join(tmpdir(), "tonalite-chromium-"));
    context = await chromium.launchPersistentContext(profile, {
      executablePath: "/usr/bin/chromium",
      headless: true,
      args: quiet,
      locale: "en-GB",
      viewport: { width: 1280, height: 900 },
    });
    page = await context.newPage();
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(stage.acs.api.url);
  });
  afterAll(async () => {
    await context?.close();
    await stage?.close();
    if (profile) rmSync(profile, { recursive: true, force: true });
  });

  it("refuses a wrong token in words and opens with the right one", async () => {
    const field = page.getByLabel(/token/i).first();
    await field.fill("not-the-token");
    await field.press("Enter");
    await page.getByRole("alert").first().waitFor();
    await field.fill(stage.acs.api.token);
    await field.press("Enter");
    await page.getByText("DEMO0001").first().waitFor();
  });

  it("shows the device, and a call while it happens, without a reload", async () => {
    await page.getByText("DEMO0001").first().click();
    await page.getByText(stage.number).first().waitFor();
    await page.evaluate(() => Object.assign(globalThis, { notReloaded: true }));
    await dial(stage, "9001");
    await heardTone(stage, "busy");
    await hangUp(stage);
    await page.getByText("9001").first().waitFor({ timeout: 20_000 });
    expect(await page.evaluate(() => (globalThis as { notReloaded?: boolean }).notReloaded)).toBe(true);
  });

  it("makes no error of its own", () => {
    expect(complaints).toEqual([]);
  });
});
