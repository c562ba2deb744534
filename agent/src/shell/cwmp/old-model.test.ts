import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CwmpMessage, decodeEnvelope, encodeEnvelope, type MessageOf } from "../../core/cwmp/index.ts";
import { createDeviceModel, createView, type DataModel } from "../../core/data-model/index.ts";
import { createCwmpClient, type CwmpClient, type CwmpHooks } from "./index.ts";
import { type Answer, ScriptedAcs } from "./scripted-acs.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const root = "InternetGatewayDevice.";
const line = `${root}Services.VoiceService.1.VoiceProfile.1.Line.1.`;
const hooks: CwmpHooks = {
  download: async () => ({ status: 1 }),
  cancelDownload: () => undefined,
  reboot: () => undefined,
  factoryReset: () => undefined,
  loadEvents: () => [],
  saveEvents: () => undefined,
  loadAttributes: () => ({}),
  saveAttributes: () => undefined,
  loadTransfers: () => [],
  saveTransfers: () => undefined,
  downloads: () => [],
  logFile: () => "",
  takeSounds: () => undefined,
};
const reply = (body: CwmpMessage, id?: string): Answer => ({
  body: encodeEnvelope({ ...(id === undefined ? {} : { id }), namespace: "urn:dslforum-org:cwmp-1-0", body }),
});

let model: DataModel;
let acs: ScriptedAcs;
let client: CwmpClient;
let requests: CwmpMessage[];
let said: CwmpMessage[];
beforeEach(async () => {
  said = [];
  acs = new ScriptedAcs(({ body }) => {
    if (body !== "") {
      const { id, body: message } = decodeEnvelope(body);
      said.push(message);
      if (message.method === "Inform") return reply({ method: "InformResponse", maxEnvelopes: 1 }, id);
    }
    const next = requests.shift();
    return next === undefined ? { status: 204 } : reply(next, "ask");
  });
  model = createDeviceModel({ lines: 1 });
  model.publish("Device.ManagementServer.URL", await acs.listen());
  client = createCwmpClient({
    model,
    view: createView(model, "gateway-1"),
    hooks,
    log: silent,
    connectionRequest: { host: "127.0.0.1" },
  });
});
afterEach(async () => {
  await client.stop();
  await acs.close();
});
const answer = <M extends CwmpMessage["method"]>(method: M) =>
  said.find((message): message is MessageOf<M> => message.method === method);

describe("a server that knows only TR-098", () => {
  it("meets a gateway: its names in the Inform, in every answer and in every fault", async () => {
    requests = [
      { method: "GetParameterNames", path: root, nextLevel: true },
      {
        method: "SetParameterValues",
        parameterKey: "key",
        parameters: [
          { path: `${line}SIP.URI`, value: "sip:100@example.com", type: "string" },
          { path: `${line}Enable`, value: "Enabled", type: "string" },
        ],
      },
      { method: "GetParameterValues", names: [line, `${root}ManagementServer.ParameterKey`] },
      {
        method: "SetParameterValues",
        parameterKey: "other",
        parameters: [{ path: `${line}Enable`, value: "true", type: "boolean" }],
      },
    ];
    await client.start();
    await expect.poll(() => answer("Fault")).toBeDefined();
    const inform = answer("Inform");
    expect(inform?.parameters.map(({ path }) => path)).toContain(`${root}DeviceInfo.SoftwareVersion`);
    expect(inform?.parameters.find(({ path }) => path.endsWith("ConnectionRequestURL"))?.value).toMatch(
      /^http:/,
    );
    expect(
      said.map((message) => JSON.stringify(message)).filter((text) => text.includes('"Device.')),
    ).toEqual([]);
    expect(answer("GetParameterValuesResponse")?.parameters).toEqual(
      expect.arrayContaining([
        { path: `${line}Enable`, value: "Enabled", type: "string" },
        { path: `${line}SIP.URI`, value: "sip:100@example.com", type: "string" },
        { path: `${root}ManagementServer.ParameterKey`, value: "key", type: "string" },
      ]),
    );
    expect(answer("Fault")?.setParameterFaults).toMatchObject([{ path: `${line}Enable`, code: 9006 }]);
    expect(model.value("Device.Services.VoiceService.1.SIP.Client.1.RegisterURI")).toBe(
      "sip:100@example.com",
    );
  });

  it("hears of a change under the old name", async () => {
    requests = [];
    await client.start();
    await expect.poll(() => acs.seen.length).toBe(2);
    said = [];
    model.publish("Device.Services.VoiceService.1.SIP.Client.1.Status", "Error_Network");
    await expect.poll(() => answer("Inform")).toBeDefined();
    expect(answer("Inform")).toMatchObject({ events: [{ eventCode: "4 VALUE CHANGE" }] });
    expect(answer("Inform")?.parameters).toContainEqual({
      path: `${line}Status`,
      value: "Error",
      type: "string",
    });
  });
});
