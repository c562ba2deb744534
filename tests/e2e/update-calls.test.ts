import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Device, FirmwareImage, Update } from "@tonalite/acs/api";
import { buildImage, createKeyPair } from "@tonalite/scripts/firmware";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dial, eventually, hangUp, nextCall, openStage, registered, sleep } from "./stage.ts";
import type { Heard, Stage } from "./stage.ts";

const updateCommand = join(import.meta.dirname, "../../agent/src/shell/cli/update.ts");
const shipped = join(import.meta.dirname, "../../agent/dist/image");
const callKilobits = 256;
const measuredMs = 8000;

describe("updates beside calls", () => {
  let stage: Stage;
  let work: string;
  let key: string;
  let home: string;

  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), "tonalite-images-"));
    const pair = createKeyPair(join(work, "trusted"));
    key = pair.privateKeyFile;
    const pem = readFileSync(pair.publicKeyFile, "utf8");
    stage = await openStage({ trialSeconds: 15, trust: [{ name: "provider", pem }] });
    await registered(stage);
    home = (await stage.device()).softwareVersion ?? "";
    await stage.acs.api.patch<Device>(`/api/devices/${encodeURIComponent(stage.deviceId)}`, {
      desired: {
        "Device.X_TONALITE_Update.QuietTime": "6",
        "Device.X_TONALITE_Update.CallBandwidth": String(callKilobits),
      },
    });
    await eventually("the settings on the box", async () =>
      (await stage.device()).desired["Device.X_TONALITE_Update.QuietTime"] === "6" ? true : undefined,
    );
  });
  afterAll(async () => {
    await stage?.close();
    if (work) rmSync(work, { recursive: true, force: true });
  });

  const image = (version: string, from = shipped): Buffer =>
    buildImage({ from, version, hardware: ["virtual/sim"], key }).bytes;
  const upload = (bytes: Uint8Array): Promise<FirmwareImage> => stage.acs.api.upload("/api/firmware", bytes);
  const force = (imageId: string): Promise<Update> =>
    stage.acs.api.post(`/api/devices/${encodeURIComponent(stage.deviceId)}/updates`, {
      imageId,
      force: true,
    });
  const update = (id: string): Promise<Update> => stage.acs.api.get(`/api/updates/${id}`);
  const reaches = (id: string, states: string[], seconds = 120): Promise<Update> =>
    eventually(
      `the update to be ${states.join(" or ")}`,
      async () => {
        const now = await update(id);
        return states.includes(now.state) ? now : undefined;
      },
      seconds,
    );
  type BoxAnswer = { ok: boolean; update: { state: string; version: string; reason: string } };
  const atTheBox = async (...args: string[]): Promise<BoxAnswer> => {
    const command = [updateCommand, "--state", stage.ata.stateDir, "--json", ...args];
    const { stdout } = await promisify(execFile)(process.execPath, command);
    return JSON.parse(stdout) as BoxAnswer;
  };
  /** A call to the echo that speaks all the time. */
  const callUp = async (): Promise<void> => {
    await dial(stage, "9000");
    await eventually("the far end to answer", async () =>
      (await stage.device()).lines[0]?.callStatus === "Connected" ? true : undefined,
    );
    await stage.ata.phone("speak", { frequency: 1000, ms: 0 });
    await sleep(1500);
  };
  const listen = async (): Promise<Heard["audio"]> => {
    await stage.ata.phone("forget");
    await sleep(measuredMs);
    return (await stage.heard()).audio;
  };
  const reported = async (): Promise<string> => (await stage.device()).firmware.update?.reason ?? "";

  it("a call that begins during a download slows it down, and is not disturbed", async () => {
    const folder = join(work, "large");
    cpSync(shipped, folder, { recursive: true });
    // Bytes that the box has nowhere: they must travel.
    writeFileSync(join(folder, "padding.bin"), randomBytes(3_000_000));
    const server = await serveSlowly(image("9.7.0", folder), 150_000);
    try {
      await callUp();
      const before = await listen();
      await hangUp(stage);
      const known = (await stage.calls()).length;

      await atTheBox("--url", server.url, "--keep");
      await eventually("the download to be under way", () => (server.served() > 200_000 ? true : undefined));
      await callUp();
      const from = server.served();
      const during = await listen();
      const travelled = server.served() - from;
      const words = `slowed to ${callKilobits} kbit/s: line 1 has a call`;
      expect((await atTheBox()).update).toMatchObject({ state: "downloading", reason: words });
      await eventually("the ACS to say why it is slow", async () =>
        (await reported()) === words ? true : undefined,
      );
      await hangUp(stage);

      expect(during.activeMs).toBeGreaterThan(measuredMs - 1000);
      expect(during.longestGapMs).toBeLessThanOrEqual(Math.max(40, before.longestGapMs));
      const allowed = (callKilobits / 8) * measuredMs;
      expect(travelled).toBeGreaterThan(allowed / 4);
      expect(travelled).toBeLessThan(allowed * 1.3);
      const call = await nextCall(stage, known);
      expect(call.media?.lost).toBe(0);
      await eventually(
        "the rest to come",
        async () => ((await atTheBox()).update.state === "available" ? true : undefined),
        60,
      );
    } finally {
      await server.stop();
    }
  });

  it("an update that waits for a call is taken back by order", async () => {
    await callUp();
    const asked = await force((await upload(image("9.8.0"))).id);
    await reaches(asked.id, ["waiting"]);
    await stage.acs.api.post(`/api/updates/${asked.id}/cancel`, { reason: "the wrong day" });
    expect((await reaches(asked.id, ["cancelled"])).finishedAt).not.toBeNull();
    expect((await stage.device()).lines[0]?.callStatus).toBe("Connected");
    await hangUp(stage);
    expect((await stage.device()).softwareVersion).toBe(home);
  });

  it("an update starts after the hang-up and some quiet, says so, and may be recalled", async () => {
    await callUp();
    const asked = await force((await upload(image("9.9.0"))).id);
    await eventually("the call as the reason", async () =>
      /line 1 has a call/.test((await update(asked.id)).waitsFor ?? "") ? true : undefined,
    );
    await hangUp(stage);
    await eventually("the quiet as the reason", async () =>
      /the line was just used/.test((await update(asked.id)).waitsFor ?? "") ? true : undefined,
    );
    await reaches(asked.id, ["committed"]);
    await eventually("the ACS to see the version", async () =>
      (await stage.device()).softwareVersion === "9.9.0" ? true : undefined,
    );
    await registered(stage);

    const recall = await stage.acs.api.post<Update>(`/api/updates/${asked.id}/recall`, {
      reason: "echo on every call",
    });
    expect(recall).toMatchObject({ kind: "recall", from: "9.9.0" });
    await eventually(
      "the version before",
      async () => ((await stage.device()).softwareVersion === home ? true : undefined),
      90,
    );
    await registered(stage);
    await eventually("both slots as they are now", async () => {
      const { slots } = (await stage.device()).firmware;
      return slots.find((slot) => slot.active)?.version === home ? true : undefined;
    });
    expect(await reaches(recall.id, ["committed"])).toMatchObject({ version: home });
    await dial(stage, "9000");
    await eventually("the far end to answer", async () =>
      (await stage.device()).lines[0]?.callStatus === "Connected" ? true : undefined,
    );
    await hangUp(stage);
  });
});

/** A file server with ranges that gives whole files slowly, as a line of a home does. */
async function serveSlowly(
  file: Buffer,
  bytesPerSecond: number,
): Promise<{ url: string; served: () => number; stop: () => Promise<void> }> {
  let served = 0;
  const server: Server = createServer((request, response) => {
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    const start = Number(range?.[1] ?? 0);
    const end = range?.[2] ? Math.min(file.length, Number(range[2]) + 1) : file.length;
    response.writeHead(206, {
      etag: '"1"',
      "content-length": end - start,
      "content-range": `bytes ${start}-${end - 1}/${file.length}`,
    });
    let position = start;
    const give = (): void => {
      const bytes = file.subarray(position, Math.min(end, position + bytesPerSecond / 20));
      served += bytes.length;
      position += bytes.length;
      response.write(bytes);
      if (position < end) return;
      clearInterval(timer);
      response.end();
    };
    const timer = setInterval(give, 50);
    response.on("close", () => clearInterval(timer));
    give();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/image`,
    served: () => served,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
