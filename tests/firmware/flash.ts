import * as assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Box, Device, IssuedToken } from "@tonalite/acs/api";
import { startAcs } from "@tonalite/scripts/demo";
import { createKeyPair, signDisk } from "@tonalite/scripts/firmware";
import { imageTool } from "./box.ts";
import { openDisk, overwrite } from "./disk.ts";
import type { TestImages } from "./images.ts";
import { boardId } from "./laboratory.ts";

const scripts = join(import.meta.dirname, "../../scripts");
const serial = "RESCUE1";
const run = promisify(execFile);

/** What it took to make a box of a board whose both slots are broken; seconds and MB. */
export type FlashFigures = { way: string; flash: number; sent: number; firstInform: number };

type Report = {
  outcome: string;
  seconds: number;
  work: { way: string; sentBytes: number; identity: string };
  firstInformSeconds: number;
};

/**
 * A customer's box with broken slots and a wiped boot state: opened with its ticket, flashed with a signed disk over the
 * network, started, and seen by the ACS.
 */
export async function flashTrial(images: TestImages, folder: string): Promise<FlashFigures> {
  mkdirSync(folder, { recursive: true });
  const file = (name: string): string => join(folder, name);
  const image = images.image("1.0.0");
  const { privateKeyFile, publicKeyFile } = createKeyPair(file("signer"));
  cpSync(images.trust, file("trust"), { recursive: true });
  cpSync(publicKeyFile, file("trust/disks.pem"));
  const disk = { disk: join(image, "disk.img"), version: "1.0.0", hardware: [boardId] };
  signDisk({ ...disk, key: privateKeyFile, out: file("disk.tnl") });
  imageTool("ticket", "--serial", serial, "--key-dir", images.keyDir, "--out", file("ticket"));
  imageTool(
    ["factory", "--image", image, "--serial", serial, "--acs", "http://10.0.2.2:9/"],
    ["--out", file("board.img")],
  );
  const board = openDisk(file("board.img"));
  for (const partition of ["boot", "env", "kernel_a", "kernel_b"])
    overwrite(board, partition, Buffer.alloc(1 << 20, 0xff));

  const acs = await startAcs({ dataDir: file("acs") });
  const box = spawn(
    process.execPath,
    [
      join(scripts, "firmware/board-image/main.ts"),
      "run",
      "--image",
      image,
      "--disk",
      board.file,
      "--serial-port",
      "pty",
    ],
    { stdio: ["ignore", "pipe", "pipe"], detached: true },
  );
  try {
    const { token } = await acs.api.post<IssuedToken>("/api/tokens", { name: "bench", role: "station" });
    writeFileSync(file("token"), token, { mode: 0o600 });
    const port = await portOf(box);
    const words = [
      `--port ${port} --image ${file("disk.tnl")} --trust ${file("trust")} --ticket ${file("ticket")}`,
      `--serial ${serial} --mac 02:54:4e:0f:1a:01 --acs http://10.0.2.2:${acs.ports.cwmp}/ --way network`,
      `--station http://127.0.0.1:${acs.ports.http} --station-token-file ${file("token")}`,
      `--provider ippi --region fr --label ${file("labels")} --report ${file("report.json")} --json`,
    ];
    await run(process.execPath, [join(scripts, "flash/main.ts"), ...words.join(" ").split(" ")], {
      maxBuffer: 1 << 26,
    });
    const report = JSON.parse(readFileSync(file("report.json"), "utf8")) as Report;
    assert.equal(report.outcome, "flashed");
    const path = `/api/devices/${encodeURIComponent(`02544E-qemu%2Data-${serial}`)}`;
    assert.equal((await acs.api.get<Box>(`${path}/box`)).state, "ready");
    assert.equal((await acs.api.get<Device>(path)).softwareVersion, "1.0.0");
    const { way, sentBytes } = report.work;
    const flash = report.seconds - report.firstInformSeconds;
    return { way, flash, sent: sentBytes / 1e6, firstInform: report.firstInformSeconds };
  } finally {
    if (box.pid !== undefined) process.kill(-box.pid, "SIGKILL");
    await acs.stop();
  }
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
