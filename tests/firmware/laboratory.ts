import { createHash, randomBytes } from "node:crypto";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Device, FirmwareImage, JournalRow, Page, Update } from "@tonalite/acs/api";
import { loadProfiles } from "@tonalite/device-profiles/load";
import { startAcs, type AcsProcess } from "@tonalite/scripts/demo";
import { startRegistrar, type Registrar } from "@tonalite/scripts/telephony";
import { imageTool, powerUp, secretFile, type Box } from "./box.ts";
import { openDisk, type Disk } from "./disk.ts";
import { connectMachine, type Machine } from "./machine.ts";

export const boardId = "qemu/virt-arm64";
const number = "0972101010";
const domain = "tonalite.test";
/** This machine, as QEMU's user-mode network shows it to a box. */
const host = "10.0.2.2";

/** A real ACS and a real registrar with one customer, whose box is QEMU's board. */
export type Laboratory = {
  acs: AcsProcess;
  registrar: Registrar;
  /** Takes an image in. @throws AcsApiError when the ACS refuses it */
  upload: (file: string) => Promise<FirmwareImage>;
  /** Makes a new box of an image's disk, known to the ACS, without power. */
  makeBox: (image: string, options?: { memoryMiB?: number; serial?: string }) => Promise<LaboratoryBox>;
  stop: () => Promise<void>;
};

/** A box in the laboratory, seen from its console, its disk and the ACS. */
export type LaboratoryBox = {
  disk: Disk;
  /** The console since power came last. */
  console: () => Box;
  powerUp: () => Promise<void>;
  powerOff: () => Promise<void>;
  /** Presses reset: the machine starts anew, what was not on the disk is lost. */
  reset: () => Promise<void>;
  device: () => Promise<Device>;
  journal: () => Promise<JournalRow[]>;
  /** Orders an update from the ACS. @throws AcsApiError when it refuses */
  order: (image: FirmwareImage) => Promise<Update>;
  update: (id: string) => Promise<Update>;
  /** Waits for what the ACS sees of the box. @throws Error with the console's last words when it never does */
  sees: <T>(what: string, probe: () => Promise<T | undefined>, seconds?: number) => Promise<T>;
  /** Waits until the box has sent an Inform and registered its line since then, whatever version it runs. */
  isBack: (since: string) => Promise<void>;
  /** Waits until the box has sent an Inform since now, runs this version, and its line is registered. */
  works: (version: string, seconds?: number) => Promise<void>;
};

/**
 * Opens a laboratory in a folder.
 * @param trust folder of public keys (*.pem) that the ACS and the boxes believe
 * @param boxTrust what the boxes believe, where it is something else
 */
export async function openLaboratory(folder: string, trust: string, boxTrust = trust): Promise<Laboratory> {
  const password = randomBytes(12).toString("hex");
  const registrar = await startRegistrar({ domain, subscribers: [{ user: number, password }] });
  let acs: AcsProcess;
  try {
    mkdirSync(join(folder, "acs"), { recursive: true });
    cpSync(trust, join(folder, "acs/trust"), { recursive: true });
    acs = await startAcs({ dataDir: join(folder, "acs") });
  } catch (error) {
    await registrar.stop();
    throw error;
  }
  const boxes: LaboratoryBox[] = [];
  const line = { line: 1, directoryNumber: number, sipUser: number, sipPassword: password, domain };
  return {
    acs,
    registrar,
    upload: async (file) => await acs.api.upload("/api/firmware", readFileSync(file)),
    async makeBox(image, { memoryMiB = 256, serial = `QEMU${boxes.length + 1}` } = {}) {
      const profile = loadProfiles().hardware.get(boardId);
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
        lines: [{ ...line, proxyHost: host, proxyPort: registrar.port }],
      });
      // QEMU's network lets nobody in: the box hears of an order when it asks.
      const desired = { "Device.ManagementServer.PeriodicInformInterval": "10" };
      await acs.api.patch(`/api/devices/${encodeURIComponent(device.id)}`, { desired });
      const file = join(folder, `${serial}.img`);
      imageTool(
        ["factory", "--image", image, "--serial", serial, "--acs", `http://${host}:${acs.ports.cwmp}/`],
        ["--acs-user", credentials.cwmpUsername, "--trust", boxTrust, "--out", file],
        ["--acs-password-file", secretFile(join(folder, `${serial}.password`), credentials.cwmpPassword)],
      );
      const box = laboratoryBox({ acs, image, disk: openDisk(file), id: device.id, memoryMiB });
      boxes.push(box);
      return box;
    },
    async stop() {
      for (const box of boxes) await box.powerOff();
      await acs.stop();
      await registrar.stop();
    },
  };
}

function laboratoryBox(made: {
  acs: AcsProcess;
  image: string;
  disk: Disk;
  id: string;
  memoryMiB: number;
}): LaboratoryBox {
  const { acs, image, disk, id, memoryMiB } = made;
  const path = `/api/devices/${encodeURIComponent(id)}`;
  // A socket's path has at most 107 bytes (unix(7)).
  const control = `/tmp/tonalite-qmp-${createHash("sha256").update(disk.file).digest("hex").slice(0, 12)}`;
  let console: Box | undefined;
  let machine: Machine | undefined;
  const box: LaboratoryBox = {
    disk,
    console() {
      if (!console) throw new Error("the box has no power");
      return console;
    },
    async powerUp() {
      await box.powerOff();
      console = powerUp(image, disk.file, memoryMiB, 3_600_000, control);
      machine = await connectMachine(control);
    },
    async powerOff() {
      machine?.close();
      await console?.stop();
      console = undefined;
      machine = undefined;
    },
    async reset() {
      if (!machine) throw new Error("the box has no power");
      await machine.reset();
    },
    device: async () => await acs.api.get<Device>(path),
    journal: async () => (await acs.api.get<Page<JournalRow>>(`${path}/journal`)).items,
    order: async ({ id: imageId }) => await acs.api.post(`${path}/updates`, { imageId, force: true }),
    update: async (update) => await acs.api.get(`/api/updates/${update}`),
    async sees(what, probe, seconds = 240) {
      const end = performance.now() + seconds * 1000;
      while (performance.now() < end) {
        const found = await probe();
        if (found !== undefined) return found;
        await pause(200);
      }
      const words = console?.text().slice(-8000) ?? "";
      throw new Error(`${words}\nthe ACS never saw ${what}; what the console said last stands above`);
    },
    async isBack(since) {
      await box.sees("the box back: an Inform and a registered line", async () => {
        const { lastInformAt } = await box.device();
        if (lastInformAt === null || lastInformAt <= since) return undefined;
        const isNew = ({ kind, receivedAt, data }: JournalRow): boolean =>
          kind === "registration" && receivedAt > since && data["status"] === "Up";
        return (await box.journal()).some(isNew) ? true : undefined;
      });
    },
    async works(version, seconds) {
      const since = new Date().toISOString();
      await box.sees(
        `version ${version} at work`,
        async () => {
          const { lastInformAt, softwareVersion, lines } = await box.device();
          const isNew = lastInformAt !== null && lastInformAt > since;
          const isUp = lines.some((one) => one.status === "Up");
          return isNew && isUp && softwareVersion === version ? true : undefined;
        },
        seconds,
      );
    },
  };
  return box;
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
