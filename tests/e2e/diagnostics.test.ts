import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Alarm, Call, Command, NetworkTest } from "@tonalite/acs/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dial, eventually, hangUp, openStage, registered } from "./stage.ts";
import type { Stage } from "./stage.ts";

const size = 2_000_000;

describe("support staff looking for what is wrong", () => {
  let stage: Stage;
  let files: Server;
  let url: string;
  beforeAll(async () => {
    files = createServer((_request, response) =>
      response.setHeader("Content-Length", size).end(Buffer.alloc(size)),
    );
    await new Promise<void>((resolve) => files.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(files.address() as AddressInfo).port}/file`;
    stage = await openStage();
    await registered(stage);
  });
  afterAll(async () => {
    await stage?.close();
    files.close();
  });

  const at = (what: string) => `/api/devices/${encodeURIComponent(stage.deviceId)}/${what}`;
  const result = (test: NetworkTest["test"], holds: (found: NetworkTest) => boolean): Promise<NetworkTest> =>
    eventually(
      `the result of the ${test} test`,
      async () => {
        const { items } = await stage.acs.api.get<{ items: NetworkTest[] }>(at("tests"));
        return items.find((found) => found.test === test && found.state !== "Requested" && holds(found));
      },
      60,
    );

  it("has the box ping and find a way, and reads the result when it says so", async () => {
    await stage.acs.api.post<Command>(at("tests"), { test: "ping", host: "127.0.0.1", repetitions: 2 });
    expect(await result("ping", () => true)).toMatchObject({
      state: "Complete",
      target: "127.0.0.1",
      results: { SuccessCount: "2", FailureCount: "0", IPAddressUsed: "127.0.0.1" },
    });
    await stage.acs.api.post<Command>(at("tests"), { test: "trace-route", host: "127.0.0.1" });
    const { rows } = await result("trace-route", () => true);
    expect(rows).toMatchObject([{ HostAddress: "127.0.0.1" }]);
  });

  it("measures bandwidth, but never beside a call", async () => {
    await stage.acs.api.post<Command>(at("tests"), { test: "download", url });
    const measured = await result("download", () => true);
    expect([measured.state, measured.results["TestBytesReceived"]]).toEqual(["Complete", String(size)]);
    await dial(stage, "9000");
    await eventually("the call to be up", async () => {
      const { lines } = await stage.device();
      return lines[0]?.callStatus === "Connected" ? true : undefined;
    });
    await stage.acs.api.post<Command>(at("tests"), { test: "download", url });
    expect((await result("download", ({ state }) => state !== "Complete")).state).toBe("Error_Other");
    await hangUp(stage);
  });

  it("shows the call among the box's own latest, with what was measured of it", async () => {
    const call = await eventually(
      "the record",
      async () => (await stage.acs.api.get<{ items: Call[] }>(at("calls"))).items[0],
    );
    const order = await stage.acs.api.post<Command>(at("commands"), {
      kind: "get",
      paths: ["Device.Services.VoiceService.1.CallLog."],
    });
    const done = await eventually("the values", async () => {
      const now = await stage.acs.api.get<Command>(`/api/commands/${order.id}`);
      return now.state === "done" ? now : undefined;
    });
    const { parameters } = done.result as { parameters: { path: string; value: string }[] };
    const value = (name: string) =>
      parameters.find(({ path }) => path === `Device.Services.VoiceService.1.CallLog.1.${name}`)?.value;
    expect(value("CalledPartyNumber")).toBe(call.to);
    expect(Number(value("Session.1.Source.RTP.PacketsReceived"))).toBe(call.media?.rxPackets);
  });

  it("raises an alarm for a line that stays out of service, until it is back", async () => {
    const alarms = async () => (await stage.acs.api.get<{ items: Alarm[] }>(at("alarms"))).items;
    const serve = (domain: string) =>
      stage.acs.api.patch(`/api/devices/${encodeURIComponent(stage.deviceId)}`, {
        lines: [{ line: 1, domain }],
      });
    expect(await alarms()).toEqual([]);
    // Outside the provider's network: the box does not even try (IPPI 1.h).
    await serve("sip.elsewhere.example");
    const [alarm] = await eventually(
      "the alarm",
      async () => ((await alarms()).length > 0 ? alarms() : undefined),
      90,
    );
    expect(alarm).toMatchObject({ kind: "line-unregistered", severity: "Major" });
    await serve(stage.registrar.domain);
    await eventually("its end", async () => ((await alarms()).length === 0 ? true : undefined), 60);
  });
});
