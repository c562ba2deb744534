import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { CwmpMessage, MessageOf } from "@tonalite/agent/core/cwmp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  account,
  boxAndForeignAcs,
  download,
  get,
  saidNothingRefused,
  server,
  set,
  setting,
  upload,
} from "./foreign-acs.ts";
import { eventually } from "./stage.ts";

describe("a box and a foreign ACS over files and lives", () => {
  const rig = boxAndForeignAcs();
  const { acs, ask } = rig;

  describe("moves files", () => {
    const shelf = new Map<string, string>();
    const files = createServer((request: IncomingMessage, response) => {
      const name = request.url ?? "";
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        if (request.method === "PUT") shelf.set(name, body);
        const found = shelf.get(name);
        response.writeHead(found === undefined ? 404 : 200).end(request.method === "PUT" ? "" : found);
      });
    });
    let base: string;
    beforeAll(async () => {
      await new Promise<void>((listening) => void files.listen(0, "127.0.0.1", listening));
      base = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
    });
    afterAll(() => {
      files.close();
      files.closeAllConnections();
    });
    const outcome = (key: string): Promise<MessageOf<"TransferComplete">> =>
      eventually(`the outcome of ${key}`, () =>
        acs.sessions
          .flatMap(({ messages }) => messages)
          .findLast(
            (message): message is MessageOf<"TransferComplete"> =>
              message.method === "TransferComplete" && message.commandKey === key,
          ),
      );

    it("brings its configuration and takes it back", async () => {
      await ask(set(setting, "1300", "unsignedInt"));
      await ask({
        ...upload("1 Vendor Configuration File", `${base}/conf`),
        commandKey: "save",
        delaySeconds: 0,
      } as CwmpMessage);
      expect((await outcome("save")).fault.code).toBe(0);
      expect(shelf.get("/conf")).toContain(`${setting}="1300"`);
      expect(shelf.get("/conf")).not.toContain(account.password);
      await ask(set(setting, "1400", "unsignedInt"));
      await ask({
        ...download("3 Vendor Configuration File", `${base}/conf`),
        commandKey: "load",
      } as CwmpMessage);
      expect((await outcome("load")).fault).toEqual({ code: 0, string: "" });
      const [values] = await ask(get(setting));
      expect(values).toMatchObject({ parameters: [{ value: "1300" }] });
    });

    it("takes a tone file, and shows its tones", async () => {
      const steps = [{ frequencies: [425], ms: 0 }];
      shelf.set("/tones", JSON.stringify({ region: "fr", tones: { dial: { steps } } }));
      await ask({ ...download("4 Tone File", `${base}/tones`), commandKey: "tones" } as CwmpMessage);
      expect((await outcome("tones")).fault).toEqual({ code: 0, string: "" });
      const [values] = await ask(get("Device.Services.VoiceService.1.Tone.Pattern.1.Frequency1"));
      expect(values).toMatchObject({ parameters: [{ value: "425" }] });
    });

    it.each([
      ["missing", "/nothing", "1-2", 9016],
      ["nonsense", "/nonsense", "1-1", 9018],
      ["unknown", "/unknown", "1-0", 9010],
    ] as const)("says what was wrong with a file that is %s", async (key, path, version, code) => {
      acs.namespace = `urn:dslforum-org:cwmp-${version}`;
      shelf.set("/nonsense", "<html>");
      await ask({
        ...download("3 Vendor Configuration File", `${base}${path}`),
        commandKey: key,
      } as CwmpMessage);
      const { fault } = await outcome(key);
      expect(fault.code).toBe(code);
      const told = acs.sessions.flatMap(({ inform }) => inform.events);
      expect(told).toContainEqual({ eventCode: "M Download", commandKey: key });
    });
  });

  it("speaks gzip when it is told to", async () => {
    const compression = (value: string): CwmpMessage => set(`${server}HTTPCompression`, value);
    await ask(compression("GZIP"));
    const [answer] = await ask(get(setting));
    expect(answer?.method).toBe("GetParameterValuesResponse");
    await eventually("a gzipped message", () => (acs.encodings.at(-1) === "gzip" ? true : undefined));
    await ask(compression("Disabled"));
    await eventually("a plain message", () => (acs.encodings.at(-1) === "" ? true : undefined));
  });

  it("reboots when told to, and says so afterwards", async () => {
    await ask({ method: "Reboot", commandKey: "because" });
    expect(await rig.box.ended).toBe(75);
    const before = acs.sessions.length;
    rig.restart();
    await eventually("the boot", () => (acs.sessions.length > before ? true : undefined));
    expect(acs.sessions[before]?.inform.events).toEqual([
      { eventCode: "1 BOOT", commandKey: "" },
      { eventCode: "M Reboot", commandKey: "because" },
    ]);
  });

  it("keeps what a session failed to tell over a power cut", async () => {
    let failed = 0;
    acs.trouble = () => {
      failed += 1;
      return { status: 503 };
    };
    await eventually("sessions that fail", () => (failed >= 2 ? true : undefined));
    await rig.box.stop("SIGKILL");
    acs.trouble = () => undefined;
    const before = acs.sessions.length;
    rig.restart();
    await eventually("the boot", () => (acs.sessions.length > before ? true : undefined));
    expect(acs.sessions[before]?.inform.events.map(({ eventCode }) => eventCode)).toEqual([
      "1 BOOT",
      "2 PERIODIC",
    ]);
  });

  it("forgets everything when told to", async () => {
    await ask({ method: "FactoryReset" });
    expect(await rig.box.ended).toBe(75);
    const before = acs.sessions.length;
    rig.restart();
    await eventually("the first contact", () => (acs.sessions.length > before ? true : undefined));
    expect(acs.sessions[before]?.inform.events.map(({ eventCode }) => eventCode)).toEqual([
      "0 BOOTSTRAP",
      "1 BOOT",
    ]);
  });

  saidNothingRefused(acs, 30);
});
