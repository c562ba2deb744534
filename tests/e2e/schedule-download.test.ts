import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CwmpMessage, MessageOf } from "@tonalite/agent/core/cwmp";
import { startAta } from "@tonalite/scripts/demo";
import type { Ata } from "@tonalite/scripts/demo";
import { buildImage, createKeyPair } from "@tonalite/scripts/firmware";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ScriptedAcs } from "../simulators/scripted-acs.ts";
import { eventually } from "./stage.ts";
import type { Heard } from "./stage.ts";

const shipped = join(import.meta.dirname, "../../agent/dist/image");
const update = "Device.X_TONALITE_Update.";

/* TR-069 A.4.1.8, from a foreign ACS to the subscriber's finger. */
describe("a scheduled download", () => {
  let folder: string;
  let acs: ScriptedAcs;
  let ata: Ata;
  let files: Server;
  let address: string;
  let images: Map<string, Buffer>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "tonalite-schedule-"));
    acs = new ScriptedAcs();
    // Earlier versions have no code for a missed window.
    acs.namespace = "urn:dslforum-org:cwmp-1-2";
    const { privateKeyFile, publicKeyFile } = createKeyPair(join(folder, "keys"));
    const image = (version: string): Buffer =>
      buildImage({ from: shipped, version, hardware: ["virtual/sim"], key: privateKeyFile }).bytes;
    images = new Map([
      ["/asked", image("9.1.0")],
      ["/missed", image("9.2.0")],
    ]);
    files = createServer((request, response) => {
      const bytes = images.get(request.url ?? "");
      response.writeHead(bytes ? 200 : 404).end(bytes);
    });
    await new Promise<void>((resolve) => files.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
    const url = await acs.listen();
    acs.stay(true);
    ata = startAta({
      stateDir: join(folder, "box"),
      serial: "SCHEDULE1",
      acs: { url, user: "box", password: "nobody asks for it" },
      trust: [{ name: "provider", pem: readFileSync(publicKeyFile, "utf8") }],
      trialSeconds: 15,
    });
    // Everything that comes now is worth a session of its own.
    await acs.order({
      method: "SetParameterValues",
      parameterKey: "first",
      parameters: [{ path: `${update}QuietTime`, value: "1", type: "unsignedInt" }],
    });
  });
  afterAll(async () => {
    await ata?.stop();
    await acs?.close();
    await new Promise((resolve) => (files ? files.close(resolve) : resolve(undefined)));
    rmSync(folder, { recursive: true, force: true });
  });

  const schedule = (commandKey: string, file: string, mode: string, end: number): Promise<CwmpMessage> =>
    acs.order({
      method: "ScheduleDownload",
      commandKey,
      fileType: "1 Firmware Upgrade Image",
      url: `${address}${file}`,
      username: "",
      password: "",
      fileSize: 0,
      targetFileName: "",
      windows: [{ start: 0, end, mode, userMessage: "New firmware is ready.", maxRetries: 2 }],
    });
  const value = async (name: string): Promise<string> => {
    const answer = await acs.order({ method: "GetParameterValues", names: [update + name] });
    return answer.method === "GetParameterValuesResponse" ? (answer.parameters[0]?.value ?? "") : "";
  };
  const outcomes = (): MessageOf<"TransferComplete">[] =>
    acs.sessions
      .flatMap(({ messages }) => messages)
      .filter((message) => message.method === "TransferComplete");

  it("asks the subscriber, who agrees at his telephone, and says how it ended", async () => {
    expect(await schedule("asked", "/asked", "4 Confirmation Needed", 600)).toEqual({
      method: "ScheduleDownloadResponse",
    });
    await eventually("the box to wait for agreement", async () =>
      (await value("AwaitsAgreement")) === "true" ? true : undefined,
    );
    const asked = "the subscriber is asked to confirm it: New firmware is ready.";
    await eventually("the reason", async () => ((await value("Reason")) === asked ? true : undefined));
    await ata.phone("lift");
    await ata.phone("dial", { keys: "*86#" });
    await eventually("the confirmation tone", async () => {
      const { tone } = (await ata.phone("heard"))["heard"] as Heard;
      return tone?.name === "confirmation" ? true : undefined;
    });
    expect(await value("AwaitsAgreement")).toBe("false");
    await ata.phone("hangup");
    acs.stay(false);
    const [outcome] = await eventually(
      "the outcome",
      () => (outcomes().length > 0 ? outcomes() : undefined),
      90,
    );
    expect(outcome).toMatchObject({ commandKey: "asked", fault: { code: 0 } });
    const told = acs.sessions.findLast(({ messages }) => messages.includes(outcome as CwmpMessage));
    expect(told?.inform.events).toContainEqual({ eventCode: "M ScheduleDownload", commandKey: "asked" });
    expect(acs.informed("Device.DeviceInfo.SoftwareVersion")).toBe("9.1.0");
  });

  it("that nobody agreed to in time is told as missed, and the box stays as it is", async () => {
    const answer = schedule("missed", "/missed", "4 Confirmation Needed", 3);
    expect((await answer).method).toBe("ScheduleDownloadResponse");
    const outcome = await eventually(
      "the outcome",
      () => outcomes().find(({ commandKey }) => commandKey === "missed"),
      60,
    );
    expect(outcome.fault).toMatchObject({ code: 9020 });
    expect(outcome.fault.string).not.toBe("");
    expect(acs.informed("Device.DeviceInfo.SoftwareVersion")).toBe("9.1.0");
  });

  it("is cancelled up to its end, and then never heard of", async () => {
    const ordered = schedule("cancelled", "/missed", "4 Confirmation Needed", 600);
    expect((await ordered).method).toBe("ScheduleDownloadResponse");
    acs.stay(true);
    await eventually("the box to wait for agreement", async () =>
      (await value("AwaitsAgreement")) === "true" ? true : undefined,
    );
    expect(await acs.order({ method: "CancelTransfer", commandKey: "cancelled" })).toEqual({
      method: "CancelTransferResponse",
    });
    expect(await value("State")).toBe("cancelled");
    const queue = await acs.order({ method: "GetAllQueuedTransfers" });
    expect(queue).toEqual({ method: "GetAllQueuedTransfersResponse", transfers: [] });
    expect(await acs.order({ method: "CancelTransfer", commandKey: "cancelled" })).toMatchObject({
      method: "Fault",
      faultCode: 9001,
    });
    expect(outcomes().filter(({ commandKey }) => commandKey === "cancelled")).toEqual([]);
    acs.stay(false);
  });
});
