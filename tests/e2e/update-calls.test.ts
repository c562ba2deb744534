import { randomBytes } from "node:crypto";
import { cpSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Update } from "@tonalite/acs/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dial, eventually, hangUp, nextCall, registered, sleep } from "./stage.ts";
import type { Heard, Stage } from "./stage.ts";
import { openUpdateStage, shipped } from "./update-stage.ts";
import type { UpdateStage } from "./update-stage.ts";

const callKilobits = 256;
const measuredMs = 8000;

describe("updates beside calls", () => {
  let at: UpdateStage;
  let stage: Stage;
  let home: string;

  beforeAll(async () => {
    at = await openUpdateStage({
      "Device.X_TONALITE_Update.QuietTime": "6",
      "Device.X_TONALITE_Update.CallBandwidth": String(callKilobits),
    });
    ({ stage } = at);
    home = (await stage.device()).softwareVersion ?? "";
    await eventually("the settings on the box", async () =>
      (await stage.device()).desired["Device.X_TONALITE_Update.QuietTime"] === "6" ? true : undefined,
    );
  });
  afterAll(() => at?.close());

  const listen = async (): Promise<Heard["audio"]> => {
    await stage.ata.phone("forget");
    await sleep(measuredMs);
    return (await stage.heard()).audio;
  };
  const reported = async (): Promise<string> => (await stage.device()).firmware.update?.reason ?? "";

  it("a call that begins during a download slows it down, and is not disturbed", async () => {
    const folder = join(at.work, "large");
    cpSync(shipped, folder, { recursive: true });
    // Bytes that the box has nowhere: they must travel.
    writeFileSync(join(folder, "padding.bin"), randomBytes(3_000_000));
    const server = await serveSlowly(at.image("9.7.0", folder), 150_000);
    try {
      await at.callUp();
      const before = await listen();
      await hangUp(stage);
      const known = (await stage.calls()).length;

      await at.atTheBox("--url", server.url, "--keep");
      await eventually("the download to be under way", () => (server.served() > 200_000 ? true : undefined));
      await at.callUp();
      const from = server.served();
      const during = await listen();
      const travelled = server.served() - from;
      const words = `slowed to ${callKilobits} kbit/s: line 1 has a call`;
      expect((await at.atTheBox()).update).toMatchObject({ state: "downloading", reason: words });
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
        async () => ((await at.atTheBox()).update.state === "available" ? true : undefined),
        60,
      );
    } finally {
      await server.stop();
    }
  });

  it("an update that waits for a call is taken back by order", async () => {
    await at.callUp();
    const asked = await at.force((await at.upload(at.image("9.8.0"))).id);
    await at.reaches(asked.id, ["waiting"]);
    await stage.acs.api.post(`/api/updates/${asked.id}/cancel`, { reason: "the wrong day" });
    expect((await at.reaches(asked.id, ["cancelled"])).finishedAt).not.toBeNull();
    expect((await stage.device()).lines[0]?.callStatus).toBe("Connected");
    await hangUp(stage);
    expect((await stage.device()).softwareVersion).toBe(home);
  });

  it("an update starts after the hang-up and some quiet, says so, and may be recalled", async () => {
    await at.callUp();
    const asked = await at.force((await at.upload(at.image("9.9.0"))).id);
    await eventually("the call as the reason", async () =>
      /line 1 has a call/.test((await at.update(asked.id)).waitsFor ?? "") ? true : undefined,
    );
    await hangUp(stage);
    await eventually("the quiet as the reason", async () =>
      /the line was just used/.test((await at.update(asked.id)).waitsFor ?? "") ? true : undefined,
    );
    await at.reaches(asked.id, ["committed"]);
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
    expect(await at.reaches(recall.id, ["committed"])).toMatchObject({ version: home });
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
