import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { startAcs } from "@tonalite/scripts/demo";
import { startRegistrar } from "@tonalite/scripts/telephony";
import { loadProfiles } from "@tonalite/device-profiles/load";
import { openDisk, readState } from "./disk.ts";
import { imageTool, powerUp, secretFile, withFolder } from "./box.ts";

/** What was seen of one box; seconds since power came, and its own words about memory. */
export type FirstBoot = {
  memoryMiB: number;
  uBootChose: number;
  userland: number;
  agentReady: number;
  inform: number;
  registered: number;
  /** after a minute: resident memory of the agent, memory available and of all, MiB; undefined when not waited for */
  memory?: { resident: number; available: number; total: number };
};

const boardId = "qemu/virt-arm64";
const number = "0972101010";
const domain = "tonalite.test";
/** This machine, as QEMU's user-mode network shows it to the box. */
const host = "10.0.2.2";

/** Boots one new box of an image against a real ACS and a real registrar, until its line is registered. */
export async function firstBoot(image: string, memoryMiB: number, steady: boolean): Promise<FirstBoot> {
  return await withFolder(async (folder) => {
    const password = randomBytes(12).toString("hex");
    const registrar = await startRegistrar({ domain, subscribers: [{ user: number, password }] });
    try {
      const acs = await startAcs({ dataDir: join(folder, "acs") });
      try {
        const profile = loadProfiles().hardware.get(boardId);
        const serial = "QEMU0001";
        const { device, credentials } = await acs.api.post<{
          device: { id: string };
          credentials: { cwmpUsername: string; cwmpPassword: string };
        }>("/api/devices", {
          oui: profile?.oui,
          productClass: profile?.productClass,
          serialNumber: serial,
          profile: boardId,
          provider: "ippi",
          region: "fr",
          lines: [
            {
              line: 1,
              directoryNumber: number,
              sipUser: number,
              sipPassword: password,
              domain,
              proxyHost: host,
              proxyPort: registrar.port,
            },
          ],
        });
        const disk = join(folder, "box.img");
        imageTool(
          ["factory", "--image", image, "--serial", serial, "--acs", `http://${host}:${acs.ports.cwmp}/`],
          ["--acs-user", credentials.cwmpUsername, "--out", disk],
          ["--acs-password-file", secretFile(join(folder, "password"), credentials.cwmpPassword)],
        );
        const box = powerUp(image, disk, memoryMiB);
        try {
          type View = {
            lastInformAt: string | null;
            lines: { status: string | null }[];
          };
          const seen = async (what: string, wanted: (view: View) => boolean): Promise<number> => {
            const end = box.age() + 120_000;
            for (let view: View | undefined; box.age() < end; await pause(100)) {
              view = await acs.api.get<View>(`/api/devices/${encodeURIComponent(device.id)}`);
              if (wanted(view)) return seconds(box.age());
            }
            throw new Error(`the ACS never saw ${what}; the console:\n${box.text().slice(-4000)}`);
          };
          const uBootChose = (await box.line(/boot: slot=A/, 60_000)).atMs;
          const userland = (await box.line(/board: \d\S+/, 60_000)).atMs;
          const agentReady = (await box.line(/agent ready/, 120_000)).atMs;
          const inform = await seen("an Inform", (view) => view.lastInformAt !== null);
          const registered = await seen("the line registered", ({ lines }) =>
            lines.some((line) => line.status === "Up"),
          );
          const figures = {
            memoryMiB,
            uBootChose: seconds(uBootChose),
            userland: seconds(userland),
            agentReady: seconds(agentReady),
            inform,
            registered,
          };
          if (!steady) return figures;
          const said = await box.line(
            /agent: steady, (\d+) kB resident, (\d+) kB available of (\d+) kB/,
            120_000,
          );
          const mebibytes = (index: number): number => Math.round(Number(said.match[index]) / 102.4) / 10;
          // The start was counted; a minute of life gave the try back.
          const left = readState(openDisk(disk)).left.A;
          if (left !== 3) throw new Error(`slot A has ${left} tries left, not 3`);
          const memory = { resident: mebibytes(1), available: mebibytes(2), total: mebibytes(3) };
          return { ...figures, memory };
        } finally {
          await box.stop();
        }
      } finally {
        await acs.stop();
      }
    } finally {
      await registrar.stop();
    }
  });
}

const seconds = (ms: number): number => Math.round(ms / 100) / 10;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
