import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadProfiles } from "@tonalite/device-profiles/load";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDeviceModel } from "../../core/data-model/index.ts";
import type { DataModel } from "../../core/data-model/index.ts";
import type { CallRecord } from "../../core/records/index.ts";
import { askPhone } from "../cli/phone-client.ts";
import type { PhoneAsk } from "../cli/phone-client.ts";
import type { Log } from "../logging.ts";
import { loadEngineLibrary, openEngine } from "../native/index.ts";
import type { VoiceEngine } from "../../core/ports.ts";
import { servePhone } from "../phone/server.ts";
import { openStore } from "../store/store.ts";
import type { Store } from "../store/store.ts";
import { startTelephony } from "./telephony.ts";
import type { Telephony } from "./telephony.ts";

const library = join(import.meta.dirname, "../../../native/build/libtonalite.so");
const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const service = "Device.Services.VoiceService.1.";

/** The smallest SIP peer there is: takes every REGISTER, knows no number. */
async function openPeer(): Promise<{ socket: Socket; port: number }> {
  const socket = createSocket("udp4");
  socket.on("message", (message, from) => {
    const text = message.toString("latin1");
    const [method] = text.split(" ");
    const status = { REGISTER: "200 OK", INVITE: "404 Not Found" }[method ?? ""];
    if (status === undefined) return;
    const keep = text.split("\r\n").filter((line) => /^(via|from|call-id|cseq|contact):/i.test(line));
    const to = /^to:.*$/im.exec(text)?.[0].trim() ?? "";
    const answer = [
      `SIP/2.0 ${status}`,
      ...keep,
      `${to};tag=peer`,
      "Expires: 60",
      "Content-Length: 0",
      "",
      "",
    ];
    socket.send(answer.join("\r\n"), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return { socket, port: socket.address().port };
}

describe.skipIf(!existsSync(library))("a telephone on a line, with the real engine", () => {
  const profiles = loadProfiles();
  const hardware = profiles.hardware.get("virtual/sim")!;
  const region = profiles.regions.get("fr")!;
  let directory: string;
  let peer: Awaited<ReturnType<typeof openPeer>>;
  let engine: VoiceEngine;
  let store: Store;
  let model: DataModel;
  let telephony: Telephony;
  let phone: ReturnType<typeof servePhone>;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "telephony-"));
    peer = await openPeer();
    store = openStore(directory);
    model = createDeviceModel({ lines: 1 });
    const config = { lines: 1, sipPort: 0, rtpPortMin: 0, rtpPortMax: 0, jitterMinMs: 0, jitterMaxMs: 0 };
    const rest = {
      dscpMedia: 0,
      dscpSignalling: 0,
      backend: "sim",
      localAddress: "127.0.0.1",
      userAgent: "t",
    };
    engine = openEngine(await loadEngineLibrary(library, "koffi"), { ...config, ...rest }, () => {});
    const source = { ...profiles, hardware, defaultRegion: region };
    telephony = startTelephony({ engine, model, store, profiles: source, authorities: "", log: quiet });
    phone = servePhone({
      path: join(directory, "phone.sock"),
      telephone: engine.telephone,
      tones: () => region.tones,
      status: (line) => telephony.report(line),
      log: quiet,
    });
    await eventually(() => existsSync(join(directory, "phone.sock")));
  });
  afterAll(() => {
    phone.stop();
    telephony.stop();
    engine.close();
    store.close();
    peer.socket.close();
    rmSync(directory, { recursive: true });
  });

  const ask = (request: PhoneAsk) => askPhone(directory, request);
  const calls = (): CallRecord[] =>
    store.journal.pending(100).flatMap((e) => (e.kind === "call" ? [e.data] : []));
  const heardTone = async () =>
    ((await ask({ op: "heard" }))["heard"] as { tone: { name: string } | null }).tone?.name;
  async function eventually(probe: () => boolean): Promise<void> {
    for (let tries = 0; tries < 200; tries += 1) {
      if (probe()) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error("not seen in 5 s");
  }
  function configure(registrar: string): void {
    const values = {
      "CallControl.Line.1.Enable": "true",
      "CallControl.Line.1.DirectoryNumber": "0145000001",
      "SIP.Client.1.Enable": "true",
      "SIP.Network.1.Enable": "true",
      "SIP.Network.1.RegistrarServer": registrar,
      "SIP.Network.1.RegistrarServerPort": String(peer.port),
    };
    const changes = Object.entries(values).map(([name, value]) => ({ path: service + name, value }));
    const terms = { path: "Device.X_TONALITE_Terms.Provider", value: "ippi" };
    expect(model.write([...changes, terms], "cwmp")).toMatchObject({ ok: true });
  }

  it("has its socket for its owner only", () => {
    expect(statSync(join(directory, "phone.sock")).mode & 0o777).toBe(0o600);
  });

  it("hears that the line is not registered", { timeout: 15_000 }, async () => {
    await ask({ op: "lift" });
    expect(await heardTone()).toBe("not-registered");
    await ask({ op: "hangup" });
    await eventually(() => telephony.use().idle);
  });

  it("is not registered outside the provider's network; the clause stands in the journal", async () => {
    configure("sip.elsewhere.example");
    await eventually(() => model.value(`${service}SIP.Client.1.Status`) === "Error_Misconfigured");
    const entries = store.journal.pending(100);
    expect(entries).toContainEqual(
      expect.objectContaining({
        kind: "refusal",
        data: expect.objectContaining({ clause: "1.h", provider: "ippi" }),
      }),
    );
    expect(entries).toContainEqual(
      expect.objectContaining({
        kind: "registration",
        data: expect.objectContaining({
          status: "Error_Misconfigured",
          reason: expect.stringContaining("1.h"),
        }),
      }),
    );
  });

  it("hears the French dial tone once it is registered", { timeout: 15_000 }, async () => {
    configure("127.0.0.1");
    await eventually(() => model.value(`${service}SIP.Client.1.Status`) === "Up");
    expect(telephony.registeredLines()).toEqual([1]);
    await ask({ op: "lift" });
    expect(await heardTone()).toBe("dial");
    expect(telephony.use()).toEqual({ idle: false, why: "line 1 is off the hook", call: false });
    expect(model.value(`${service}POTS.FXS.1.Active`)).toBe("true");
  });

  it("hears a refusal for 112 that is not the tone of a wrong number, and it is recorded", async () => {
    await ask({ op: "dial", keys: "112" });
    await eventually(() => calls().length === 1);
    expect(await heardTone()).toBe("refused");
    expect(calls()[0]).toMatchObject({
      from: "0145000001",
      to: "112",
      cause: "refused-by-terms",
      terms: [{ clause: "5.5" }],
    });
    await ask({ op: "hangup" });
    await eventually(() => telephony.use().idle);
  });

  it(
    "hears the wrong-number tones when the network says so; delay and counters are kept",
    { timeout: 15_000 },
    async () => {
      await ask({ op: "lift" });
      await eventually(() => telephony.report(0).state.state === "ready");
      await ask({ op: "dial", keys: "9000" });
      await eventually(() => calls().length === 2);
      expect(calls()[1]).toMatchObject({
        to: "9000",
        cause: "wrong-number",
        sipCode: 404,
        endedBy: "remote",
      });
      expect(await heardTone()).toBe("number-unobtainable");
      expect(telephony.report(0).lastDialDelayMs).toBeLessThan(100);
      expect(model.value(`${service}CallControl.Line.1.Stats.OutgoingCalls.CallsFailed`)).toBe("2");
      await ask({ op: "hangup" });
      await eventually(() => model.value(`${service}CallControl.Line.1.CallStatus`) === "Idle");
    },
  );

  it("answers nonsense on its socket in words", async () => {
    expect(await ask({ op: "sing" } as unknown as PhoneAsk)).toMatchObject({ ok: false });
    expect(await ask({ op: "dial", keys: "12x" })).toMatchObject({
      ok: false,
      error: expect.stringContaining("keys"),
    });
  });
});
