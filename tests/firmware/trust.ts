import { randomBytes } from "node:crypto";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { BootEnvironment } from "@tonalite/agent/core/firmware";
import { imageTool, powerUp, withFolder } from "./box.ts";
import type { Trials } from "./trials.ts";
import { damage, openDisk, overwrite, put, readState, writeState, type Disk } from "./disk.ts";

/** One disk that somebody tampered with, and what the box must say. */
type Trial = {
  name: string;
  tamper: (disk: Disk, image: string, folder: string) => void;
  /** lines in the order in which they must come */
  says: RegExp[];
  /** what must never be said until the last of those lines came */
  never?: RegExp;
  /** the slots' state afterwards */
  leaves?: BootEnvironment;
};

const userland = /board: \d+\.\d+\.\d+/;
const refused = /boot: slot A holds no image to trust/;
const fitBehindHeaders = 3_000_000;

/** Images that a box of another image may meet: one signed with other keys, one whose agent ends at once. */
export type Strangers = { otherKeys: string; deadAgent: string };

function trials({ otherKeys, deadAgent }: Strangers): Trial[] {
  return [
    {
      name: "kernel with one bit turned over",
      tamper: (disk) => damage(disk, "kernel_a", fitBehindHeaders),
      says: [refused],
      never: userland,
    },
    {
      name: "kernel signed by somebody else",
      tamper: (disk) => put(disk, "kernel_a", join(otherKeys, "kernel.fit")),
      says: [refused],
      never: userland,
    },
    {
      name: "kernel in a format without signature",
      tamper: (disk, _image, folder) => put(disk, "kernel_a", legacyImage(folder, "kernel")),
      says: [refused],
      never: userland,
    },
    {
      name: "boot script in a format without signature",
      tamper: (disk, _image, folder) => put(disk, "boot", legacyImage(folder, "script")),
      says: [/boot: no boot script to trust/],
      never: /SCRIPT OF A STRANGER/,
    },
    {
      name: "boot script with one bit turned over",
      tamper: (disk) => damage(disk, "boot", 400),
      says: [/boot: no boot script to trust/],
      never: /boot: slot=/,
    },
    {
      name: "root file system overwritten in places",
      tamper: (disk) => {
        for (let further = 4096; further < 40 << 20; further += 1 << 16)
          overwrite(disk, "rootfs_a", Uint8Array.of(0xde, 0xad), further);
      },
      says: [/boot: slot=A/, /verity.*corrupted|cannot be (verified|mounted)/, /boot: slot=A order=A B A=1/],
      never: /agent ready/,
    },
    {
      name: "state of the slots damaged",
      tamper: (disk) => overwrite(disk, "env", randomBytes(512)),
      says: [/boot: the state is damaged/, /boot: slot=A order=A B A=2 B=3/, userland],
    },
    {
      name: "new image in slot B",
      tamper: (disk, image) => {
        put(disk, "kernel_b", join(image, "kernel.fit"));
        put(disk, "rootfs_b", join(image, "rootfs.img"));
        writeState(disk, { first: "B", left: { A: 3, B: 3 } });
      },
      says: [/boot: slot=B order=B A A=3 B=2/, userland],
      leaves: { first: "B", left: { A: 3, B: 2 } },
    },
    {
      name: "new image in slot B that does not start",
      tamper: (disk) => writeState(disk, { first: "B", left: { A: 3, B: 2 } }),
      says: [
        /boot: slot=B order=B A A=3 B=1/,
        /boot: slot B holds no image/,
        /boot: slot=B order=B A A=3 B=0/,
        /boot: slot B holds no image/,
        /boot: slot=A order=B A A=2 B=0/,
        userland,
      ],
    },
    {
      name: "new image in slot B whose agent ends at once",
      tamper: (disk) => {
        put(disk, "kernel_b", join(deadAgent, "kernel.fit"));
        put(disk, "rootfs_b", join(deadAgent, "rootfs.img"));
        writeState(disk, { first: "B", left: { A: 3, B: 2 } });
      },
      says: [
        /boot: slot=B order=B A A=3 B=1/,
        /agent: it does not live/,
        /boot: slot=B order=B A A=3 B=0/,
        /agent: it does not live/,
        /boot: slot=A order=B A A=2 B=0/,
        /agent ready/,
      ],
    },
    {
      name: "no tries left in either slot",
      tamper: (disk) => writeState(disk, { first: "A", left: { A: 0, B: 0 } }),
      says: [/boot: no tries are left/, /boot: slot=A order=A B A=2 B=3/, userland],
    },
  ];
}

/** Boots a box of every tampered disk. */
export async function trustTrials(image: string, strangers: Strangers, { trial }: Trials): Promise<void> {
  for (const one of trials(strangers)) await trial(one.name, () => runTrial(one, image));
}

async function runTrial({ tamper, says, never, leaves }: Trial, image: string): Promise<void> {
  await withFolder(async (folder) => {
    const file = join(folder, "disk.img");
    imageTool(
      "factory",
      "--image",
      image,
      "--serial",
      "QEMU0002",
      "--acs",
      "http://10.0.2.2:9/",
      "--out",
      file,
    );
    const disk = openDisk(file);
    tamper(disk, image, folder);
    const box = powerUp(image, disk.file, 256, 180_000);
    try {
      for (const words of says) await box.line(words, 90_000);
      const wrong = never?.exec(box.text())?.[0];
      if (wrong !== undefined) throw new Error(`it said “${wrong}”`);
    } finally {
      await box.stop();
    }
    if (leaves && !isDeepStrictEqual(readState(disk), leaves))
      throw new Error(`it left ${JSON.stringify(readState(disk))}`);
  });
}

/** An image as U-Boot knew them before FIT: a checksum, no signature. */
function legacyImage(folder: string, type: "kernel" | "script"): string {
  const content = join(folder, "content");
  const file = join(folder, type);
  writeFileSync(content, "echo SCRIPT OF A STRANGER\n");
  const place = ["-a", "0x40400000", "-e", "0x40400000"];
  const args = ["-A", "arm64", "-O", "linux", "-T", type, "-C", "none", ...place, "-d", content, file];
  const made = spawnSync("mkimage", args, { encoding: "utf8" });
  if (made.status !== 0) throw new Error(`mkimage: ${made.stderr}`);
  return file;
}
