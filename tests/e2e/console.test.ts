import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildImage, createKeyPair } from "@tonalite/scripts/firmware";
import type { ClaimedBox } from "@tonalite/acs/api";
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
  let work: string;
  let key: string;
  let context: BrowserContext;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), "tonalite-console-"));
    const pair = createKeyPair(work);
    key = pair.privateKeyFile;
    const trust = [{ name: "provider", pem: readFileSync(pair.publicKeyFile, "utf8") }];
    stage = await openStage({ releases: true, trust });
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
    for (const folder of [profile, work]) if (folder) rmSync(folder, { recursive: true, force: true });
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

  it("tests the network from the device's place", async () => {
    await page.getByRole("tab", { name: "Network tests" }).click();
    await page.getByLabel("Test", { exact: true }).selectOption({ label: "Ping" });
    await page.getByLabel("Name or address").fill("127.0.0.1");
    await page.getByRole("button", { name: "Start" }).click();
    const result = page.getByRole("region").or(page.locator("section")).filter({ hasText: "127.0.0.1" });
    await result.getByText("done", { exact: true }).waitFor();
    expect(await result.textContent()).toMatch(/Answers.*4/);
  });

  it("tests the telephone from there, and says in words what it found", async () => {
    await page.getByLabel("Test", { exact: true }).selectOption({ label: "Echo call" });
    await page.getByLabel("Number that echoes").fill("9000");
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByText(/the echo came back \d of \d times/).waitFor();
    await page.getByLabel("Test", { exact: true }).selectOption({ label: "Line circuit" });
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByText(/on its hook/).waitFor();
  });

  it("tells which images are released", async () => {
    await page.goto(`${stage.acs.api.url}/#/firmware`);
    await page.getByText("Nothing is released yet").waitFor();
    const from = join(import.meta.dirname, "../../agent/dist/image");
    const file = join(work, "image");
    for (const version of ["9.1.0", "9.2.0"]) {
      const { bytes } = buildImage({ from, version, hardware: ["virtual/sim"], key });
      writeFileSync(file, bytes);
      if (version === "9.1.0") await stage.release(file);
      await stage.acs.api.upload("/api/firmware", bytes);
    }
    await page.reload();
    const row = (version: string) => page.getByRole("row").filter({ hasText: version });
    await row("9.1.0").getByText("yes", { exact: true }).waitFor();
    await row("9.2.0").getByText("not released").waitFor();
    expect(await page.getByText("Nothing is released yet").count()).toBe(0);
  });

  it("gives a box of the factory to a subscriber, and takes it back", async () => {
    const { api } = stage.acs;
    const { oui, productClass, profile: hardware, provider, region } = await stage.device();
    const box = { oui, productClass, profile: hardware, provider, region };
    const { deviceId, serialNumber, claimCode } = await api.post<ClaimedBox>("/api/boxes", {
      ...box,
      mac: "02:54:4e:00:00:07",
    });
    await api.put(`/api/devices/${encodeURIComponent(deviceId)}/box/report`, {
      outcome: "ready",
      report: { format: 1, readBack: "same" },
    });
    await page.getByRole("link", { name: "Boxes" }).click();
    await page.getByRole("row").filter({ hasText: serialNumber }).getByText("Ready").waitFor();
    await page.getByRole("button", { name: "Give a box…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Code on the label").fill(claimCode.toLowerCase());
    await dialog.getByLabel("Label", { exact: true }).fill("Zoé Martin");
    await dialog.getByLabel("Telephone number").fill("0972101099");
    await dialog.getByLabel("SIP user").fill("zoe");
    await dialog.getByLabel("SIP domain").fill("sip.example");
    const give = dialog.getByRole("button", { name: "Give the box" });
    expect(await give.isDisabled()).toBe(true);
    await dialog.getByLabel("SIP password").fill(randomUUID());
    await give.click();
    await page.getByRole("heading", { name: "Zoé Martin" }).waitFor();
    await page.getByText("With a subscriber").waitFor();
    await page.getByText("02:54:4e:00:00:07").waitFor();
    await page.getByRole("button", { name: "Take back…" }).click();
    await page.getByRole("button", { name: "Take back", exact: true }).click();
    await page.getByRole("heading", { name: serialNumber }).waitFor();
    await page.getByText("No line is set up.").waitFor();
    await page.getByText("Faulty").waitFor();
  });

  it("switches a line off and on again, and the device follows", async () => {
    const save = async (label: string) => {
      await page.getByRole("button", { name: "Settings…" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Label", { exact: true }).fill(label);
      await dialog.getByRole("switch").click();
      await dialog.getByRole("button", { name: "Save" }).click();
      await page.getByRole("heading", { name: label }).waitFor();
    };
    await page.goto(`${stage.acs.api.url}/#/devices/${encodeURIComponent(stage.deviceId)}`);
    await page.getByText("Registered", { exact: true }).waitFor();
    await save("Kitchen");
    const status = async () => (await stage.device()).lines[0]?.status;
    await expect.poll(status, { timeout: 60_000 }).not.toBe("Up");
    await page.getByText("Off", { exact: true }).waitFor();
    await save("Hall");
    await expect.poll(status, { timeout: 60_000 }).toBe("Up");
    await page.getByText("Registered", { exact: true }).waitFor();
  });

  it("tells a device that the credit is used up, by the clause, and that it is back", async () => {
    const choose = async (state: string) => {
      await page.getByRole("button", { name: "Settings…" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("combobox", { name: "Service" }).click();
      await page.getByRole("option", { name: state }).click();
      if (state !== "active") await dialog.getByText(/clause 9\.2: Paid calls/).waitFor();
      await dialog.getByRole("button", { name: "Save" }).click();
      await dialog.waitFor({ state: "hidden" });
    };
    const service = async () => (await stage.device()).serviceState;
    await choose("credit used up");
    await expect.poll(service, { timeout: 30_000 }).toBe("CreditExhausted");
    await choose("active");
    await expect.poll(service, { timeout: 30_000 }).toBe("Active");
  });

  it("leads a campaign in waves, and says of each device why it waits and by which clause", async () => {
    await stage.ata.phone("lift");
    await page.getByRole("link", { name: "Campaigns" }).click();
    await page.getByText("No campaign has been started yet.").waitFor();
    await page.getByRole("button", { name: "New campaign…" }).focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    const name = dialog.getByRole("textbox", { name: "Name" });
    await name.fill("Autumn");
    await dialog.getByRole("combobox", { name: "Image" }).click();
    await page.getByRole("option", { name: /9\.1\.0/ }).click();
    await dialog.getByLabel("Force, where the terms allow it").press("Space");
    const begin = dialog.getByRole("button", { name: "Begin with the first wave" });
    await dialog.getByLabel("Waves", { exact: true }).fill("100, 10");
    expect(await begin.isDisabled()).toBe(true);
    await dialog.getByLabel("Waves", { exact: true }).fill("100");
    await name.press("Enter");
    await page.getByRole("heading", { name: "Autumn" }).waitFor();

    const wave = page.getByRole("region", { name: "Wave 1" });
    await wave.getByText("2 under way").waitFor();
    const row = page.getByRole("row").filter({ hasText: "DEMO0001" });
    await row.getByText("The device waits for an idle line (").waitFor({ timeout: 60_000 });
    expect(await row.textContent()).toContain("IPPI, clause 7.3");
    await page.getByLabel("Where it stands").getByText("Failed").click();
    await page.getByText("No device stands there.").waitFor();

    await page.getByRole("button", { name: "Pause" }).click();
    await dialog.getByRole("button", { name: "Pause" }).click();
    await page.getByText("Paused", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Go on" }).click();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Stop for good" }).click();
    await dialog.getByRole("button", { name: "Stop for good" }).click();
    await page.getByText("Stopped", { exact: true }).waitFor();

    await page.getByRole("button", { name: "Français" }).click();
    await page.getByText("Arrêtée", { exact: true }).waitFor();
    await page.getByRole("button", { name: "English" }).click();
    await page.getByRole("link", { name: "← Campaigns" }).click();
    await page.getByRole("row").filter({ hasText: "Autumn" }).getByText("1 of 1").waitFor();
  });

  it("makes no error of its own", () => {
    expect(complaints).toEqual([]);
  });
});
