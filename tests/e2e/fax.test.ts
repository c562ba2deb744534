import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Call, Device, Page } from "@tonalite/acs/api";
import { startAcs, startAta } from "@tonalite/scripts/demo";
import type { AcsProcess, Ata } from "@tonalite/scripts/demo";
import { startRegistrar } from "@tonalite/scripts/telephony";
import type { Registrar } from "@tonalite/scripts/telephony";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./stage.ts";

const domain = "tonalite.test";
const password = "of-the-laboratory";
const rows = 100;

/** A white page as fax machines have it: TIFF with one strip of ITU-T T.6, whose white row is a single 1. */
function whitePage(): Buffer {
  const strip = Buffer.concat([Buffer.alloc(Math.floor(rows / 8), 0xff), Buffer.from("f0010010", "hex")]);
  const [short, long, rational] = [3, 4, 5];
  const tags = [
    [256, short, 1728],
    [257, short, rows],
    [258, short, 1],
    [259, short, 4],
    [262, short, 0],
    [273, long, 8],
    [277, short, 1],
    [278, short, rows],
    [279, long, strip.length],
    [282, rational, 0],
    [283, rational, 8],
    [296, short, 2],
  ] as const;
  const directoryAt = 8 + strip.length + (strip.length % 2);
  const resolutionsAt = directoryAt + 2 + tags.length * 12 + 4;
  const file = Buffer.alloc(resolutionsAt + 16);
  file.write("II*\0", "latin1");
  file.writeUInt32LE(directoryAt, 4);
  strip.copy(file, 8);
  file.writeUInt16LE(tags.length, directoryAt);
  for (const [index, [tag, type, value]] of tags.entries()) {
    const at = directoryAt + 2 + index * 12;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeUInt32LE(1, at + 4);
    file.writeUInt32LE(type === rational ? resolutionsAt + value : value, at + 8);
  }
  for (const [index, value] of [204, 1, 98, 1].entries())
    file.writeUInt32LE(value, resolutionsAt + index * 4);
  return file;
}

/* Two boxes behind one proxy, a fax machine on each: what the one sends the other receives, by T.38. */
describe("a fax machine on a box", () => {
  const folder = mkdtempSync(join(tmpdir(), "tonalite-e2e-"));
  const page = join(folder, "page.tif");
  const numbers = ["0972101010", "0972101011"] as const;
  let acs: AcsProcess;
  let registrar: Registrar;
  const boxes: { ata: Ata; id: string }[] = [];

  beforeAll(async () => {
    writeFileSync(page, whitePage());
    registrar = await startRegistrar({
      domain,
      subscribers: numbers.map((user) => ({ user, password })),
    });
    mkdirSync(join(folder, "acs"), { recursive: true });
    acs = await startAcs({ dataDir: join(folder, "acs") });
    for (const [index, number] of numbers.entries()) boxes.push(await box(`FAX${index}`, number));
    for (const { id } of boxes)
      await eventually(
        `${id}'s line`,
        async () =>
          (await device(id)).lines[0]?.status === "Up" && (await device(id)).connection === "usp"
            ? true
            : undefined,
        60,
      );
  });
  afterAll(async () => {
    await Promise.all(boxes.map(({ ata }) => ata.stop()));
    await acs?.stop();
    await registrar?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function box(serialNumber: string, number: string): Promise<{ ata: Ata; id: string }> {
    const { device: made, credentials } = await acs.api.post<{
      device: Device;
      credentials: { cwmpUsername: string; cwmpPassword: string };
    }>("/api/devices", {
      oui: "02544E",
      productClass: "virtual-ata",
      serialNumber,
      profile: "virtual/sim",
      provider: "ippi",
      region: "fr",
      lines: [
        {
          line: 1,
          directoryNumber: number,
          sipUser: number,
          sipPassword: password,
          domain,
          proxyHost: registrar.host,
          proxyPort: registrar.port,
        },
      ],
    });
    const ata = startAta({
      stateDir: join(folder, serialNumber),
      serial: serialNumber,
      acs: {
        url: `http://127.0.0.1:${acs.ports.cwmp}/`,
        user: credentials.cwmpUsername,
        password: credentials.cwmpPassword,
      },
    });
    return { ata, id: made.id };
  }
  const path = (id: string): string => `/api/devices/${encodeURIComponent(id)}`;
  const device = (id: string): Promise<Device> => acs.api.get(path(id));
  const latestCall = async (id: string): Promise<Call | undefined> =>
    (await acs.api.get<Page<Call>>(`${path(id)}/calls`)).items[0];
  const heard = async ({ ata }: { ata: Ata }) =>
    (await ata.phone("heard", { waitMs: 0 }))["heard"] as {
      ringing: boolean;
      tone: { name: string | null } | null;
      fax?: { done: boolean; result: string; pages: number };
    };

  /** The first box calls the second one, and both machines are plugged in. */
  async function call(received: string): Promise<void> {
    const [caller, called] = boxes as [(typeof boxes)[0], (typeof boxes)[0]];
    await caller.ata.phone("lift");
    await caller.ata.phone("dial", { keys: numbers[1] });
    await eventually("the other telephone to ring", async () => (await heard(called)).ringing || undefined);
    await called.ata.phone("lift");
    await eventually("the call", async () =>
      (await device(caller.id)).lines[0]?.callStatus === "Connected" ? true : undefined,
    );
    await called.ata.phone("fax", { way: "receive", file: received });
    await caller.ata.phone("fax", { way: "send", file: page });
  }
  async function hangUp(): Promise<void> {
    for (const { ata } of boxes) {
      await ata.phone("hangup");
      await ata.phone("fax", { file: null });
    }
    for (const { ata } of boxes)
      await eventually("the line to be idle", async () =>
        ((await ata.phone("status"))["status"] as { offHook: boolean }).offHook ? undefined : true,
      );
  }

  it("sends its page by T.38 to one on another box, and both records tell it", async () => {
    const received = join(folder, "received.tif");
    await call(received);
    for (const one of boxes) {
      const fax = await eventually(
        "the fax to be through",
        async () => {
          const { fax: now } = await heard(one);
          return now?.done === true ? now : undefined;
        },
        120,
      );
      expect(fax).toMatchObject({ result: "OK", pages: 1 });
    }
    await hangUp();
    expect(statSync(received).size).toBeGreaterThan(100);
    for (const { id } of boxes) {
      const record = await eventually("the record", () => latestCall(id));
      expect(record.fax).toMatchObject({ mode: "T.38", pages: 1, complete: true, errorCorrection: true });
      expect(record.terms).toContainEqual(
        expect.objectContaining({ rule: "fax", clause: "5.5", effect: "not-guaranteed" }),
      );
    }
  });

  it("is refused by Voxbi's terms until it was tried (13.7), and heard so", async () => {
    const [caller] = boxes as [(typeof boxes)[0]];
    const before = (await latestCall(caller.id))?.sipCallId;
    await acs.api.patch(path(caller.id), { provider: "voxbi" });
    await eventually(
      "the terms on the box",
      async () => {
        const found = await acs.api.get<Page<{ path: string; value: string }>>(
          `${path(caller.id)}/parameters?search=X_TONALITE_Terms.Provider`,
        );
        return found.items.some(({ value }) => value === "voxbi") &&
          (await device(caller.id)).lines[0]?.status === "Up"
          ? true
          : undefined;
      },
      60,
    );
    await call(join(folder, "never.tif"));
    await eventually(
      "the refused tone",
      async () =>
        (await caller.ata.phone("heard").then((reply) => reply["heard"] as { tone: { name: string } | null }))
          .tone?.name === "refused"
          ? true
          : undefined,
      60,
    );
    await hangUp();
    const record = await eventually("the record", async () => {
      const call = await latestCall(caller.id);
      return call?.sipCallId === before ? undefined : call;
    });
    expect(record).toMatchObject({ cause: "refused-by-terms", endedBy: "device" });
    expect(record.terms).toContainEqual({
      provider: "voxbi",
      rule: "fax",
      clause: "13.7",
      effect: "refused",
    });
  });
});
