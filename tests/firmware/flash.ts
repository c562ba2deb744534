import * as assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { tied } from "@tonalite/scripts/tied";
import type { Box, Device, IssuedToken } from "@tonalite/acs/api";
import { startAcs } from "@tonalite/scripts/demo";
import { createKeyPair, signDisk } from "@tonalite/scripts/firmware";
import { clockTime, serialPace } from "@tonalite/scripts/flash";
import { imageTool } from "./box.ts";
import { openDisk, overwrite } from "./disk.ts";
import type { TestImages } from "./images.ts";
import { boardId } from "./laboratory.ts";

const scripts = join(import.meta.dirname, "../../scripts");
const serial = "RESCUE1";
const run = promisify(execFile);

/** `broken`: a customer's box without a slot, boot script or boot state that is whole; `blank`: a disk of zeros. */
export type FlashOrder = { board: "broken" | "blank"; way: "network" | "serial" };

/** What it took to make a box of such a board; seconds and bytes over the wire. */
export type FlashFigures = FlashOrder & {
  flash: number;
  sent: number;
  firstInform: number;
  /** what it took to keep a customer's disk first */
  backup?: { seconds: number; diskBytes: number; readBytes: number };
};

type Report = {
  outcome: string;
  seconds: number;
  work: { way: string; sentBytes: number; identity: string };
  firstInformSeconds: number;
  backup: { serial: string | null; diskBytes: number; readBytes: number };
};

/** A board that does not start: opened with its ticket, flashed with a signed disk, started, and seen by the ACS. */
export async function flashTrial(
  images: TestImages,
  folder: string,
  { board: kind, way }: FlashOrder,
): Promise<FlashFigures> {
  mkdirSync(folder, { recursive: true });
  const file = (name: string): string => join(folder, name);
  const image = images.image("1.0.0");
  const { privateKeyFile, publicKeyFile } = createKeyPair(file("signer"));
  cpSync(images.trust, file("trust"), { recursive: true });
  cpSync(publicKeyFile, file("trust/disks.pem"));
  const disk = { disk: join(image, "disk.img"), version: "1.0.0", hardware: [boardId] };
  signDisk({ ...disk, key: privateKeyFile, out: file("disk.tnl") });
  const known = kind === "blank" ? ["--nameless"] : ["--serial", serial];
  imageTool("ticket", known, "--key-dir", images.keyDir, "--out", file("ticket"));
  if (kind === "blank") {
    writeFileSync(file("board.img"), "");
    truncateSync(file("board.img"), statSync(disk.disk).size);
  } else breakBox(image, file("board.img"));

  const acs = await startAcs({ dataDir: file("acs") });
  const box = spawn(
    ...tied(
      process.execPath,
      [
        join(scripts, "firmware/board-image/main.ts"),
        "run",
        "--image",
        image,
        "--disk",
        file("board.img"),
        "--serial-port",
        "pty",
      ],
      "KILL",
    ),
    { stdio: ["ignore", "pipe", "pipe"], detached: true },
  );
  try {
    const { token } = await acs.api.post<IssuedToken>("/api/tokens", { name: "bench", role: "station" });
    writeFileSync(file("token"), token, { mode: 0o600 });
    const port = await portOf(box);
    const flash = async (...words: string[]): Promise<Report> => {
      const report = ["--report", file("report.json"), "--json"];
      const args = [join(scripts, "flash/main.ts"), ...words.join(" ").split(" "), ...report];
      await run(process.execPath, args, { maxBuffer: 1 << 26 }).catch((error: { stdout: string }) => {
        throw new Error(error.stdout.trim().split("\n").at(-1) ?? "the tool said nothing", { cause: error });
      });
      return JSON.parse(readFileSync(file("report.json"), "utf8")) as Report;
    };
    const opened = [
      `--port ${port} --image ${file("disk.tnl")} --trust ${file("trust")} --ticket ${file("ticket")}`,
      `--way ${way} --fast-baud 0`,
    ];
    const kept =
      kind === "broken" ? await flash(...opened, `--dry-run --yes --backup ${file("backup")}`) : undefined;
    if (kept) assert.equal(kept.backup.serial, serial);
    const report = await flash(
      ...opened,
      `--serial ${serial} --mac 02:54:4e:0f:1a:01 --acs http://10.0.2.2:${acs.ports.cwmp}/`,
      `--station http://127.0.0.1:${acs.ports.http} --station-token-file ${file("token")}`,
      `--provider ippi --region fr --label ${file("labels")}`,
    );
    assert.equal(report.outcome, "flashed");
    const path = `/api/devices/${encodeURIComponent(`02544E-qemu%2Data-${serial}`)}`;
    assert.equal((await acs.api.get<Box>(`${path}/box`)).state, "ready");
    assert.equal((await acs.api.get<Device>(path)).softwareVersion, "1.0.0");
    assert.equal(report.work.way, way);
    const firstInform = report.firstInformSeconds;
    const took = { flash: report.seconds - firstInform, sent: report.work.sentBytes, firstInform };
    const backup = kept && { seconds: kept.seconds, ...kept.backup };
    return { board: kind, way, ...took, ...(backup ? { backup } : {}) };
  } finally {
    if (box.pid !== undefined) process.kill(-box.pid, "SIGKILL");
    await acs.stop();
  }
}

function breakBox(image: string, out: string): void {
  const where = ["--serial", serial, "--acs", "http://10.0.2.2:9/", "--out", out];
  imageTool("factory", "--image", image, where);
  const disk = openDisk(out);
  for (const partition of ["boot", "env", "kernel_a", "kernel_b"])
    overwrite(disk, partition, Buffer.alloc(1 << 20, 0xff));
}

/** A line for each flash: what travelled, how long it took here, and would over a console at its two usual speeds. */
export function describeFlashes(flashes: readonly FlashFigures[]): string[] {
  if (flashes.length === 0) return [];
  const overConsole = (bytes: number, baudRate: number) => clockTime(Math.ceil(bytes / serialPace(baudRate)));
  const rows = flashes.map(({ board, way, sent, flash, firstInform }) => [
    `${board} board, ${way}`,
    `${(sent / 1e6).toFixed(1)} MB`,
    `${flash.toFixed(1)} s`,
    `${firstInform.toFixed(1)} s`,
    overConsole(sent, 115_200),
    overConsole(sent, 1_500_000),
  ]);
  const head = ["flashed", "sent", "in", "first Inform", "115,200 baud", "1,500,000 baud"];
  const backups = flashes.flatMap(({ backup }) => (backup ? [backup] : []));
  return [
    ...[head, ...rows].map(([name = "", ...cells]) =>
      [name.padEnd(22), ...cells.map((cell) => cell.padStart(15))].join(""),
    ),
    ...backups.map(
      ({ seconds, diskBytes, readBytes }) =>
        `its disk of ${(diskBytes / 1e6).toFixed(0)} MB was backed up first in ${seconds.toFixed(1)} s: ${(readBytes / 1e3).toFixed(0)} kB were read`,
    ),
  ];
}

async function portOf(box: ReturnType<typeof spawn>): Promise<string> {
  let said = "";
  const found = new Promise<string>((resolve) => {
    for (const stream of [box.stdout, box.stderr])
      stream?.on("data", (bytes: Buffer) => {
        said += bytes.toString();
        const path = /redirected to (\S+)/.exec(said)?.[1];
        if (path !== undefined) resolve(path);
      });
  });
  const ended = once(box, "exit").then(() => {
    throw new Error(`the board ended: ${said}`);
  });
  return await Promise.race([found, ended]);
}
