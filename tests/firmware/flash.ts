import * as assert from "node:assert/strict";
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
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
export type FlashOrder = { board: "broken" | "blank"; way: "network" | "recovery" | "serial" };

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
  const ticket = (name: string, ...whose: string[]) =>
    imageTool("ticket", whose, "--key-dir", images.keyDir, "--out", file(name));
  ticket("ticket", "--serial", serial);
  ticket("blank-ticket", "--nameless");
  if (way === "recovery") cpSync(images.recoveryImage(), file("recovery.fit"));
  if (kind === "blank") {
    writeFileSync(file("board.img"), "");
    truncateSync(file("board.img"), statSync(disk.disk).size);
  } else breakBox(image, file("board.img"));

  const acs = await startAcs({ dataDir: file("acs") });
  let box = startBoard(image, file("board.img"));
  try {
    const { token } = await acs.api.post<IssuedToken>("/api/tokens", { name: "bench", role: "station" });
    writeFileSync(file("token"), token, { mode: 0o600 });
    const flash = async (...words: string[]): Promise<Report> => {
      const report = ["--report", file("report.json"), "--json"];
      const args = [join(scripts, "flash/main.ts"), ...words.join(" ").split(" "), ...report];
      await run(process.execPath, args, { maxBuffer: 1 << 26 }).catch((error: { stdout: string }) => {
        throw new Error(error.stdout.trim().split("\n").at(-1) ?? "the tool said nothing", { cause: error });
      });
      return JSON.parse(readFileSync(file("report.json"), "utf8")) as Report;
    };
    const opened = async (ticketName: string): Promise<string> =>
      [
        `--port ${await portOf(box)} --image ${file("disk.tnl")} --trust ${file("trust")}`,
        `--ticket ${file(ticketName)} --way ${way} --fast-baud 0`,
        ...(way === "recovery" ? [`--recovery ${file("recovery.fit")}`] : []),
      ].join(" ");
    const made = [
      `--serial ${serial} --mac 02:54:4e:0f:1a:01 --acs http://10.0.2.2:${acs.ports.cwmp}/`,
      `--station http://127.0.0.1:${acs.ports.http} --station-token-file ${file("token")}`,
      `--provider ippi --region fr --label ${file("labels")}`,
    ].join(" ");
    let opens = await opened(kind === "blank" ? "blank-ticket" : "ticket");
    const backs = kind === "broken" && way === "network";
    const kept = backs ? await flash(opens, `--dry-run --yes --backup ${file("backup")}`) : undefined;
    if (kept) assert.equal(kept.backup.serial, serial);
    let cut: Cut | undefined;
    if (way === "recovery") {
      // The power goes in the middle of the bulk; the board has its identity by then.
      cut = await flashUntil(0.4, box, `${opens} ${made} --json`);
      box = startBoard(image, file("board.img"));
      opens = await opened("ticket");
    }
    const report = await flash(opens, made);
    assert.equal(report.outcome, "flashed");
    const path = `/api/devices/${encodeURIComponent(`02544E-qemu%2Data-${serial}`)}`;
    assert.equal((await acs.api.get<Box>(`${path}/box`)).state, "ready");
    assert.equal((await acs.api.get<Device>(path)).softwareVersion, "1.0.0");
    assert.equal(report.work.way, way);
    const { sentBytes } = report.work;
    if (cut) {
      const own = statSync(file("recovery.fit")).size;
      assert.ok(sentBytes - own < cut.total, "what was there already was sent again");
    }
    const before = cut ?? { seconds: 0, sent: 0 };
    const firstInform = report.firstInformSeconds;
    const took = {
      flash: before.seconds + report.seconds - firstInform,
      sent: before.sent + sentBytes,
      firstInform,
    };
    const backup = kept && { seconds: kept.seconds, ...kept.backup };
    return { board: kind, way, ...took, ...(backup ? { backup } : {}) };
  } finally {
    endBoard(box);
    await acs.stop();
  }
}

function startBoard(image: string, disk: string): ChildProcess {
  const command = join(scripts, "firmware/board-image/main.ts");
  const args = [command, "run", "--image", image, "--disk", disk, "--serial-port", "pty"];
  return spawn(...tied(process.execPath, args, "KILL"), {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
}

function endBoard({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, "SIGKILL");
}

/** A flash that was cut: bytes that were to be sent, and those that were; seconds it took. */
type Cut = { total: number; sent: number; seconds: number };

/** Takes the board's power when this share of the bulk is there; the tool must say that it failed. */
async function flashUntil(share: number, box: ChildProcess, words: string): Promise<Cut> {
  const started = performance.now();
  const tool = spawn(
    ...tied(process.execPath, [join(scripts, "flash/main.ts"), ...words.split(" ")], "TERM"),
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let cut: Cut | undefined;
  let last = "";
  for await (const line of createInterface({ input: tool.stdout })) {
    const said = JSON.parse(line) as { type: string; stage?: string; done?: number; total?: number };
    last = line;
    const { type, stage, done = 0, total = 0 } = said;
    if (cut || type !== "amount" || stage !== "write" || done < share * total) continue;
    cut = { total, sent: done, seconds: (performance.now() - started) / 1000 };
    endBoard(box);
  }
  assert.ok(cut, `the flash ended before it was cut: ${last}`);
  assert.notEqual(tool.exitCode, 0);
  return cut;
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

async function portOf(box: ChildProcess): Promise<string> {
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
