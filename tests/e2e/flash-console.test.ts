import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAcs, type AcsProcess } from "@tonalite/scripts/demo";
import { createKeyPair, signDisk } from "@tonalite/scripts/firmware";
import { imageWithEnvironment, QemuBoard, qemuMissing, type SerialLine } from "@tonalite/scripts/flash";
import { chromium, type BrowserContext, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
const calls = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];

const image = imageWithEnvironment(
  4 << 20,
  2048,
  [{ offset: 3_000_000, bytes: Buffer.from("Tonalité ".repeat(9000)) }],
  4096,
);

/**
 * Chromium has no ports without hardware: the browser's side of Web Serial is this test's, and what is behind it is the
 * serial port of a real U-Boot.
 */
function fakeSerial(): void {
  const bench = globalThis as unknown as {
    serialOpen: () => Promise<void>;
    serialWrite: (hex: string) => Promise<void>;
    serialHeard: (hex: string) => void;
  };
  const fromHex = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const toHex = (bytes: Uint8Array) =>
    Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const port = {
    readable: null as ReadableStream<Uint8Array> | null,
    writable: null as WritableStream<Uint8Array> | null,
    async open() {
      port.readable = new ReadableStream({
        start(controller) {
          bench.serialHeard = (hex) => {
            try {
              controller.enqueue(fromHex(hex));
            } catch {
              // closed meanwhile
            }
          };
        },
      });
      port.writable = new WritableStream({ write: (bytes) => bench.serialWrite(toHex(bytes)) });
      await bench.serialOpen();
    },
    async close() {
      port.readable = null;
      port.writable = null;
    },
  };
  Object.defineProperty(navigator, "serial", { value: { requestPort: async () => port } });
}

describe.skipIf(qemuMissing !== undefined)("flashing a board from the console", () => {
  let folder: string;
  let acs: AcsProcess;
  let board: QemuBoard;
  let context: BrowserContext;
  let page: Page;
  const complaints: string[] = [];
  const file = (name: string) => join(folder, name);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "tonalite-web-flash-"));
    const { privateKeyFile } = createKeyPair(file("keys"));
    createKeyPair(file("others"));
    mkdirSync(file("acs/trust"), { recursive: true });
    cpSync(file("keys/firmware.pem"), file("acs/trust/firmware.pem"));
    writeFileSync(file("disk.img"), image);
    const order = { disk: file("disk.img"), version: "1.2.3", hardware: ["qemu/virt-arm64"] };
    signDisk({ ...order, key: privateKeyFile, out: file("disk.tnl") });
    signDisk({ ...order, key: file("others/firmware.key"), out: file("foreign.tnl") });
    acs = await startAcs({ dataDir: file("acs") });
    board = new QemuBoard(16 << 20);
    await board.start();
    context = await chromium.launchPersistentContext(file("profile"), {
      executablePath: "/usr/bin/chromium",
      headless: true,
      args: [...quiet, ...calls],
      locale: "en-GB",
    });
    page = await context.newPage();
    page.on("pageerror", (error) => complaints.push(error.message));
  });
  afterAll(async () => {
    await context?.close();
    await board?.stop();
    await acs?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function enter(): Promise<void> {
    await page.goto(acs.api.url);
    const field = page.getByLabel(/token/i).first();
    await field.fill(acs.api.token);
    await field.press("Enter");
    await page.getByRole("link", { name: "Flash a board" }).first().click();
    await page.getByRole("heading", { name: "Flash a board" }).waitFor();
  }

  it("says what to do where the browser has no serial ports", async () => {
    await page.addInitScript(() => {
      // As Firefox is: no such thing.
      delete (Object.getPrototypeOf(navigator) as { serial?: unknown }).serial;
    });
    await enter();
    const alert = page.getByRole("alert");
    await alert.getByText("Chrome, Edge or Opera").waitFor();
    await alert.getByText("npm run flash").waitFor();
  });

  it("takes signed disks only, then flashes the board and reads it back", async () => {
    let line: SerialLine | undefined;
    await page.exposeFunction("serialOpen", async () => {
      line = await board.open();
      line.listen(
        (bytes) =>
          void page.evaluate(
            (hex) => (globalThis as unknown as { serialHeard: (hex: string) => void }).serialHeard(hex),
            Buffer.from(bytes).toString("hex"),
          ),
        () => undefined,
      );
    });
    await page.exposeFunction("serialWrite", (hex: string) => line?.write(Buffer.from(hex, "hex")));
    await page.addInitScript(fakeSerial);
    await page.reload();
    const chooser = page.locator('input[type="file"]');

    await chooser.setInputFiles(file("disk.img"));
    await page.getByText("Nobody signed disk.img").waitFor();
    await chooser.setInputFiles(file("foreign.tnl"));
    await page.getByText("is not signed by a key you trust").waitFor();
    await chooser.setInputFiles(file("disk.tnl"));
    await page.getByText("version 1.2.3 for qemu/virt-arm64").waitFor();

    await page.getByRole("button", { name: "Choose the port and flash" }).click();
    await page.getByText("found: QEMU virt ATA").waitFor({ timeout: 60_000 });
    const outcome = page.getByRole("alert").first();
    await outcome.waitFor({ timeout: 90_000 });
    expect(await outcome.innerText()).toContain("Done: the disk equals the image");
    expect(board.disk(0, image.length).equals(image)).toBe(true);
    expect(complaints).toEqual([]);
  });
});
