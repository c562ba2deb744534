import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createDeviceModel } from "../../core/data-model/index.ts";
import {
  controllerEndpointId,
  createUspAgent,
  decodeMessage,
  decodeRecord,
  encodeMessage,
  encodeRecord,
  unknownCommand,
} from "../../core/usp/index.ts";
import { deliverOperations } from "../delivery/operations.ts";
import { systemClock } from "../mqtt/index.ts";
import { startDiagnostics } from "./index.ts";

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const endpointId = "os::000000-BOX";
const messageOf = (bytes: Uint8Array) => {
  const record = decodeRecord(bytes);
  if (record.kind !== "message") throw new Error(record.kind);
  return decodeMessage(record.payload);
};

describe("a controller that tests the network over USP", () => {
  it("is answered with a request, reads it while it runs, and hears the end with the results", async () => {
    const model = createDeviceModel({ lines: 1 });
    const stored = new Map<string, unknown>();
    const values = {
      get: (key: string) => stored.get(key),
      set: (key: string, value: unknown) => void stored.set(key, value),
      delete: (key: string) => void stored.delete(key),
    };
    const diagnostics = startDiagnostics({
      model,
      slot: undefined,
      bench: { offHook: () => false, take: () => "no line" },
      onComplete: () => expect.fail("no ACS asked"),
      onCommandEnd: (end) => operations.complete({ ...end, failure: null }),
      log: quiet,
    });
    const usp = createUspAgent({
      model,
      endpointId,
      operate: (command, args, commandKey) =>
        diagnostics.operate(command, args, commandKey) ?? unknownCommand(command),
      log: quiet,
      clock: systemClock,
      random: Math.random,
      newMessageId: randomUUID,
    });
    const operations = deliverOperations(values, usp, quiet);
    const heard: unknown[] = [];
    usp.connected((bytes) => {
      const message = messageOf(bytes);
      if (message.type === "Notify") heard.push(message.body.operComplete);
    });
    const ask = async (command: string, inputArgs: Record<string, string>) => {
      const body = { command, commandKey: "k", sendResp: true, inputArgs };
      const payload = encodeMessage({ msgId: randomUUID(), type: "Operate", body });
      const [reply] = await usp.handle(
        encodeRecord({ kind: "message", toId: endpointId, fromId: controllerEndpointId, payload }),
      );
      return reply?.kind === "record" ? messageOf(reply.bytes) : reply;
    };
    const command = "Device.DNS.Diagnostics.NSLookupDiagnostics()";
    expect(await ask(command, { Colour: "green" })).toMatchObject({
      body: { operationResults: [{ cmdFailure: { errCode: 7027 } }] },
    });
    expect(
      await ask(command, { HostName: "x.invalid", DNSServer: "127.0.0.1", Timeout: "300" }),
    ).toMatchObject({
      body: { operationResults: [{ reqObjPath: "Device.LocalAgent.Request.2." }] },
    });
    await expect.poll(() => heard, { timeout: 20_000 }).toHaveLength(1);
    expect(heard[0]).toMatchObject({
      objPath: "Device.DNS.Diagnostics.",
      commandName: "NSLookupDiagnostics()",
      commandKey: "k",
      reqOutputArgs: {
        outputArgs: { Status: "Complete", SuccessCount: "0", "Result.1.DNSServerIP": "127.0.0.1" },
      },
    });
    // The test's own parameters are those of CWMP: a command leaves them alone.
    expect(model.value("Device.DNS.Diagnostics.NSLookupDiagnostics.DiagnosticsState")).toBe("None");
    operations.stop();
    diagnostics.stop();
    usp.stop();
  });
});
