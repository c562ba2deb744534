import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDeviceModel } from "../core/data-model/index.ts";
import { readArguments } from "./arguments.ts";
import { keepModel, restoreModel } from "./model-store.ts";
import { noteFailure, noteOrderlyEnd, noteStart } from "./run-marker.ts";
import { openStore } from "./store/store.ts";
import type { Store } from "./store/store.ts";
import { applyUserSettings } from "./user-settings.ts";

let directory: string;
let store: Store;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "agent-"));
  store = openStore(directory);
});
afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const network = "Device.Services.VoiceService.1.SIP.Network.1.";

describe("the command line", () => {
  it("has defaults for what it does not say", () => {
    expect(readArguments(["--state", "x"], {})).toMatchObject({
      state: "x",
      slot: "a",
      trial: "0",
      profile: "virtual/sim",
      adapter: "koffi",
      "sip-port": 0,
    });
    expect(readArguments(["--state", "x"], { FFI_ADAPTER: "ffi-napi" }).adapter).toBe("ffi-napi");
  });

  it.each([
    [[], {}, /--state/],
    [["--state", "x", "--sing"], {}, /sing/],
    [["--state", "x", "--acs", "ftp://x"], {}, /--acs/],
    [["--state", "x", "--registrar", "host"], {}, /--registrar: HOST:PORT/],
    [["--state", "x", "--sip-port", "70000"], {}, /--sip-port/],
    [["--state", "x"], { FFI_ADAPTER: "none" }, /FFI_ADAPTER/],
  ])("%j is refused in words", (argv, environment, message) => {
    expect(() => readArguments(argv, environment)).toThrow(message);
  });
});

describe("a user's settings", () => {
  function flags(...more: string[]) {
    const file = join(directory, "secret");
    writeFileSync(file, "not-a-real-secret\n");
    const all = ["--state", directory, "--sip-user", "100", "--sip-password-file", file, ...more];
    return readArguments(all, {});
  }

  it("reach the data model, a password without its line break", () => {
    const model = createDeviceModel({ lines: 1 });
    applyUserSettings(
      flags("--registrar", "[::1]:5090", "--mqtt", "mqtts://broker.test"),
      model,
      store.values,
    );
    expect(model.value(`${network}RegistrarServer`)).toBe("::1");
    expect(model.value(`${network}RegistrarServerPort`)).toBe("5090");
    expect(model.value("Device.Services.VoiceService.1.SIP.Client.1.AuthPassword")).toBe("not-a-real-secret");
    expect(model.value("Device.MQTT.Client.1.BrokerPort")).toBe("8883");
    expect(model.value("Device.MQTT.Client.1.TransportProtocol")).toBe("TLS");
  });

  it("do not undo what management set since, unless they changed", () => {
    const model = createDeviceModel({ lines: 1 });
    applyUserSettings(flags("--registrar", "127.0.0.1:5060"), model, store.values);
    model.write([{ path: `${network}RegistrarServer`, value: "sip.ippi.com" }], "cwmp");
    applyUserSettings(flags("--registrar", "127.0.0.1:5060"), model, store.values);
    expect(model.value(`${network}RegistrarServer`)).toBe("sip.ippi.com");
    applyUserSettings(flags("--registrar", "127.0.0.1:5061"), model, store.values);
    expect(model.value(`${network}RegistrarServer`)).toBe("127.0.0.1");
  });

  it("that cannot be used are refused in words", () => {
    const model = createDeviceModel({ lines: 1 });
    const noUser = readArguments(["--state", directory, "--registrar", "h:1"], {});
    expect(() => applyUserSettings(noUser, model, store.values)).toThrow("--sip-user");
    const noFile = readArguments(["--state", directory, "--acs-password-file", "/nowhere"], {});
    expect(() => applyUserSettings(noFile, model, store.values)).toThrow("/nowhere");
  });
});

describe("the data model", () => {
  it("comes back after a restart, secrets included", async () => {
    const model = createDeviceModel({ lines: 1 });
    keepModel(model, store.values, quiet);
    const secret = "Device.Services.VoiceService.1.SIP.Client.1.AuthPassword";
    model.write([{ path: secret, value: "not-a-real-secret" }], "cwmp");
    await Promise.resolve();
    const next = createDeviceModel({ lines: 1 });
    restoreModel(next, store.values, quiet);
    expect(next.value(secret)).toBe("not-a-real-secret");
  });

  it("starts with its defaults when what was kept cannot be read", () => {
    store.values.set("model", ["nonsense"]);
    const errors: string[] = [];
    restoreModel(createDeviceModel({ lines: 1 }), store.values, {
      ...quiet,
      error: (_, text) => errors.push(text),
    });
    expect(errors).toHaveLength(1);
  });
});

describe("a run of the box", () => {
  const what = () => store.journal.pending(10).flatMap((e) => (e.kind === "system" ? [e.data] : []));

  it("that ended in order leaves no crash", () => {
    noteStart(store.journal, store.values, "1.0.0");
    noteOrderlyEnd(store.values);
    noteStart(store.journal, store.values, "1.0.0");
    expect(what().map((entry) => entry.what)).toEqual(["boot", "boot"]);
  });

  it("that did not is told at the next start, with its last words", () => {
    noteStart(store.journal, store.values, "1.0.0");
    noteFailure(store.values, new Error("out of luck"));
    noteStart(store.journal, store.values, "1.0.1");
    expect(what().map((entry) => entry.what)).toEqual(["boot", "crash", "boot"]);
    expect(what()[1]?.detail).toMatch(/version 1\.0\.0.*out of luck/);
  });

  it("is a crash when the board saw its end, and none when the power went", () => {
    noteStart(store.journal, store.values, "1.0.0");
    expect(noteStart(store.journal, store.values, "1.0.0")).toBeNull();
    expect(noteStart(store.journal, store.values, "1.0.1", "the agent ended by SIGSEGV")).toEqual({
      version: "1.0.0",
      words: "the agent ended by SIGSEGV",
    });
    noteOrderlyEnd(store.values);
    expect(noteStart(store.journal, store.values, "1.0.1", "the agent ended with code 0")).toBeNull();
  });
});
