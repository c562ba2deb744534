import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Box, Device, IssuedToken } from "@tonalite/acs/api";
import { startAcs, type AcsProcess } from "@tonalite/scripts/demo";
import { createKeyPair, signDisk } from "@tonalite/scripts/firmware";
import { imageWithEnvironment, QemuBoard, qemuMissing } from "@tonalite/scripts/flash";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const tool = join(import.meta.dirname, "../../scripts/flash/main.ts");
const run = promisify(execFile);

/** A small disk with a boot state and room for an identity, as a board image has them. */
const image = imageWithEnvironment(
  4 << 20,
  2048,
  [{ offset: 3_500_000, bytes: Buffer.from("Tonalité ".repeat(20_000)) }],
  4096,
);

let folder: string;
let acs: AcsProcess;
const file = (name: string) => join(folder, name);

describe.skipIf(qemuMissing !== undefined)(
  `a factory station${qemuMissing ? `: ${qemuMissing}` : ""}`,
  () => {
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "tonalite-station-"));
      acs = await startAcs({ dataDir: file("acs") });
      const { token } = await acs.api.post<IssuedToken>("/api/tokens", { name: "bench 7", role: "station" });
      writeFileSync(file("token"), `${token}\n`, { mode: 0o600 });
      writeFileSync(file("disk.img"), image);
      const { privateKeyFile } = createKeyPair(file("keys"));
      mkdirSync(file("trust"));
      createKeyPair(file("others"));
      cpSync(join(file("keys"), "firmware.pem"), join(file("trust"), "firmware.pem"));
      const signed = {
        version: "1.0.0",
        hardware: ["qemu/virt-arm64"],
        key: privateKeyFile,
        securityFloor: 2,
      };
      signDisk({ ...signed, disk: file("disk.img"), out: file("disk.tnl") });
      await flash("authority", "--out", file("authority"), "--name", "Factory of the tests");
    });
    afterAll(async () => {
      await acs?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    type Document = Record<string, unknown> & { type: string };
    async function flash(
      ...args: string[]
    ): Promise<{ code: number; documents: Document[]; errors: string }> {
      const { stdout, stderr, code } = await run(process.execPath, [tool, ...args], {
        maxBuffer: 1 << 24,
      }).then(
        (ended) => ({ ...ended, code: 0 }),
        (error: { stdout: string; stderr: string; code: number }) => error,
      );
      const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
      return { code, documents: lines.map((line) => JSON.parse(line) as Document), errors: stderr };
    }
    // Flags as one would type them: `name value` a line.
    const words = (...lines: string[]) => lines.flatMap((line) => line.split(" "));
    const stationFlags = (port: string, ...more: string[]) => [
      ...words(
        `--port ${port}`,
        `--image ${file("disk.tnl")}`,
        `--trust ${file("trust")}`,
        "--json --lang en",
      ),
      ...words(`--station http://127.0.0.1:${acs.ports.http}`, `--station-token-file ${file("token")}`),
      ...words("--provider ippi", "--region fr", "--acs http://acs.example.test:7547", "--wait 0"),
      ...more,
    ];
    async function withBoard<T>(work: (board: QemuBoard) => Promise<T>): Promise<T> {
      const board = new QemuBoard(16 << 20);
      try {
        await board.start();
        await board.resume();
        return await work(board);
      } finally {
        await board.stop();
      }
    }

    it("makes a board a box with serial number, key and label, and an order takes it by the label's code", async () => {
      await withBoard(async (board) => {
        const making = [
          "--mac",
          "02:54:4E:00:00:0A",
          "--owner",
          "Property of IPPI",
          "--label",
          file("labels"),
        ];
        const { code, documents } = await flash(
          ...stationFlags(
            board.port,
            ...making,
            "--authority",
            file("authority"),
            "--report",
            file("report.json"),
          ),
        );
        const report = documents.at(-1);
        expect(code, JSON.stringify(report)).toBe(0);
        expect(report).toMatchObject({
          type: "report",
          outcome: "flashed",
          registered: "ready",
          image: { signed: { version: "1.0.0", securityFloor: 2 } },
          work: { identity: "written", bootState: "fresh" },
          box: { mac: "02:54:4e:00:00:0a" },
        });
        expect(JSON.parse(readFileSync(file("report.json"), "utf8"))).toMatchObject({ outcome: "flashed" });

        const { deviceId, serial } = (report?.["box"] ?? {}) as { deviceId: string; serial: string };
        const factory = board.disk(4096 * 512, 64 << 10).toString("latin1");
        expect(factory).toContain(`"serial":"${serial}"`);
        expect(factory).toContain("--acs\nhttp://acs.example.test:7547");
        const pem = /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/.exec(factory)?.[0] ?? "";
        expect(new X509Certificate(pem).subject).toBe(`CN=${deviceId}`);
        expect(readFileSync(join(file("labels"), `${serial}.pdf`)).toString("latin1", 0, 5)).toBe("%PDF-");

        const { stdout } = await run("zbarimg", ["-q", "--raw", join(file("labels"), `${serial}.png`)]);
        const claimCode = new URLSearchParams(stdout.trim().split("?")[1]).get("c") ?? "";
        const line = { line: 1, directoryNumber: "0123456789", sipUser: "zoe", sipPassword: "s3cret-of-zoe" };
        const ordered = await acs.api.post<{ device: Device }>("/api/boxes/orders", {
          claimCode,
          lines: [{ ...line, domain: "sip.example.test" }],
        });
        expect(ordered.device).toMatchObject({
          id: deviceId,
          lines: [{ sipUser: "zoe" }],
        });
        const box = await acs.api.get<Box>(`/api/devices/${encodeURIComponent(deviceId)}/box`);
        expect(box).toMatchObject({ state: "ordered", station: "bench 7", report: { outcome: "flashed" } });
        // Nothing that opens anything is in what the station keeps or prints.
        expect(JSON.stringify([documents, box.report])).not.toMatch(
          /PRIVATE KEY|tnl_|[0-9A-Z]{4}-[0-9A-Z]{4}-/,
        );
      });
    });

    it("is told in one sentence why the register refuses, and the board is not written to", async () => {
      await withBoard(async (board) => {
        const { code, documents } = await flash(...stationFlags(board.port));
        expect(code).toBe(64);
        expect(documents.at(-1)).toMatchObject({ outcome: "failed", problem: { code: "IDENTITY_MISSING" } });
        writeFileSync(file("other-token"), "tnl_nonsense\n");
        const refused = await flash(
          ...stationFlags(board.port, "--mac", "02:54:4E:00:00:0B").map((arg) =>
            arg === file("token") ? file("other-token") : arg,
          ),
        );
        expect(refused.code).toBe(78);
        expect(refused.documents.at(-1)).toMatchObject({ problem: { code: "STATION_FAILED" } });
        expect(board.disk(0, image.length).every((byte) => byte === 0)).toBe(true);
      });
    });

    it.each([
      ["an unsigned disk", ["disk.img"], "IMAGE_UNSIGNED"],
      ["a disk of another signer", ["disk.tnl", "--trust", "others"], "IMAGE_UNTRUSTED"],
      ["a signed disk, without a word on whom to trust", ["disk.tnl"], "IMAGE_UNTRUSTED"],
      [
        "a disk for another board",
        ["disk.tnl", "--trust", "trust", "--hardware", "acme/ata2"],
        "IMAGE_FOREIGN",
      ],
      ["a damaged disk", ["damaged.tnl", "--trust", "trust"], "IMAGE_DAMAGED"],
      ["half a disk", ["half.tnl", "--trust", "trust"], "IMAGE_TRUNCATED"],
    ])("refuses %s before it opens the port", async (_case, [name = "", ...flags], problem) => {
      const whole = readFileSync(file("disk.tnl"));
      writeFileSync(file("half.tnl"), whole.subarray(0, whole.length / 2));
      const damaged = Buffer.from(whole);
      damaged[damaged.length - 3000] = (damaged.at(-3000) ?? 0) ^ 1;
      writeFileSync(file("damaged.tnl"), damaged);
      const paths = flags.map((flag) => (["others", "trust"].includes(flag) ? file(flag) : flag));
      const { code, documents } = await flash(
        "--port",
        "/dev/none",
        "--image",
        file(name),
        "--json",
        ...paths,
      );
      expect(documents.at(-1)).toMatchObject({ code: problem });
      expect(code).toBe(65);
    });

    it("backs a box up and restores it; another box is refused, and so is a name that is taken", async () => {
      await withBoard(async (one) =>
        withBoard(async (other) => {
          const reason = ["--allow", "boards of the laboratory"];
          const bare = words(`--image ${file("disk.img")}`, "--way serial", "--json");
          for (const [board, serial] of [[one, "ONE1"] as const, [other, "OTHER1"] as const]) {
            const { code } = await flash("--port", board.port, ...bare, "--serial", serial, ...reason);
            expect(code).toBe(0);
          }
          const before = one.disk(0, 16 << 20);
          const kept = file("one.backup");
          const taken = ["--port", one.port, "--backup", kept, "--json"];
          const backup = await flash(...taken);
          expect(backup.code, JSON.stringify(backup.documents.at(-1))).toBe(0);
          expect(backup.documents.at(-1)).toMatchObject({
            outcome: "backed-up",
            backup: { profile: "qemu/virt-arm64", serial: "ONE1", diskBytes: 16 << 20 },
          });
          const again = await flash(...taken);
          expect(again).toMatchObject({ code: 73 });
          expect(again.documents.at(-1)).toMatchObject({ problem: { code: "BACKUP_FAILED" } });

          await flash("--port", one.port, ...bare, "--serial", "ONE2", "--acs", "http://a.test/", ...reason);
          expect(one.disk(0, 16 << 20).equals(before)).toBe(false);
          const restore = ["--restore", kept, "--json"];
          expect(await flash("--port", other.port, ...restore)).toMatchObject({ code: 65 });
          const refused = await flash("--port", one.port, ...restore);
          expect(refused.documents.at(-1)).toMatchObject({ problem: { code: "BACKUP_FOREIGN" } });
          const restored = await flash("--port", one.port, ...restore, ...reason);
          expect(restored.documents.at(-1)).toMatchObject({
            outcome: "flashed",
            allowed: "boards of the laboratory",
            work: { identity: "restored", bootState: "restored" },
          });
          expect(one.disk(0, 16 << 20).equals(before)).toBe(true);
        }),
      );
    });

    it("serves two boards at once, each with a report of its own", async () => {
      await withBoard(async (one) =>
        withBoard(async (other) => {
          const { code, documents } = await flash(
            ...words(`--port ${one.port}`, `--port ${other.port}`, `--image ${file("disk.img")}`, "--json"),
            ...words(`--report ${file("both.json")}`, "--way serial"),
            "--allow",
            "boards of the laboratory",
          );
          expect(code, JSON.stringify(documents.at(-1))).toBe(0);
          const reports = documents.filter(({ type }) => type === "report");
          expect(new Set(reports.map((report) => report["port"]))).toEqual(new Set([one.port, other.port]));
          for (const board of [one, other]) {
            expect(board.disk(0, image.length).equals(image)).toBe(true);
            const kept = file(`both-${board.port.split("/").at(-1)}.json`);
            expect(JSON.parse(readFileSync(kept, "utf8"))).toMatchObject({
              port: board.port,
              allowed: "boards of the laboratory",
            });
          }
        }),
      );
    });
  },
);
