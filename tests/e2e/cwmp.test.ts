import type { CwmpMessage } from "@tonalite/agent/core/cwmp";
import { describe, expect, it } from "vitest";
import { knock, type Taste } from "../simulators/scripted-acs.ts";
import {
  account,
  attributes,
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

describe("a box and a foreign ACS", () => {
  const { acs, ask, inOneSession } = boxAndForeignAcs();

  it("begins with BOOTSTRAP, the forced parameters and the versions it can speak", () => {
    expect(acs.sessions[0]?.inform.events.map(({ eventCode }) => eventCode)).toEqual([
      "0 BOOTSTRAP",
      "1 BOOT",
    ]);
    expect(acs.sessions[0]?.inform.parameters.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        "Device.RootDataModelVersion",
        "Device.DeviceInfo.HardwareVersion",
        "Device.DeviceInfo.SoftwareVersion",
        "Device.DeviceInfo.ProvisioningCode",
        `${server}ParameterKey`,
        `${server}ConnectionRequestURL`,
      ]),
    );
    expect(acs.raw[0]).toContain(">1.0,1.1,1.2,1.3,1.4</cwmp:SupportedCWMPVersions>");
    // After the ACS's answer in 1.0 the rest is in 1.0.
    expect(acs.raw[1]).toContain('"urn:dslforum-org:cwmp-1-0"');
  });

  it("comes when the ACS knocks", async () => {
    const door = acs.informed(`${server}ConnectionRequestURL`) ?? "";
    expect(await knock(door, account.username, "a guess")).toBe(401);
    expect(await knock(door, account.username, account.password)).toBe(200);
    await eventually("the session", () =>
      acs.sessions.find(({ inform }) =>
        inform.events.some(({ eventCode }) => eventCode === "6 CONNECTION REQUEST"),
      ),
    );
  });

  describe("does every RPC", () => {
    inOneSession();
    const rpcs: [string, CwmpMessage, object][] = [
      [
        "GetRPCMethods",
        { method: "GetRPCMethods" },
        {
          methods: expect.arrayContaining([
            "SetParameterAttributes",
            "ScheduleDownload",
            "CancelTransfer",
          ]) as string[],
        },
      ],
      ["GetParameterNames", { method: "GetParameterNames", path: "Device.", nextLevel: true }, {}],
      ["GetParameterValues", get("Device."), {}],
      ["SetParameterValues", set(setting, "1200", "unsignedInt"), { status: 0 }],
      ["GetParameterAttributes", { method: "GetParameterAttributes", names: ["Device.DeviceInfo."] }, {}],
      ["SetParameterAttributes", attributes("Device.DeviceInfo.ProvisioningCode", 2), {}],
      ["ScheduleInform", { method: "ScheduleInform", delaySeconds: 86_400, commandKey: "later" }, {}],
      ["Upload", upload("2 Vendor Log File", "http://127.0.0.1:9/"), { status: 1 }],
      [
        "GetAllQueuedTransfers",
        { method: "GetAllQueuedTransfers" },
        { transfers: [{ commandKey: "up", state: 1, isDownload: false }] },
      ],
      [
        "GetQueuedTransfers",
        { method: "GetQueuedTransfers" },
        { transfers: [{ commandKey: "up", state: 1 }] },
      ],
      ["CancelTransfer", { method: "CancelTransfer", commandKey: "up" }, {}],
    ];
    it.each(rpcs)("%s", async (method, request, expected) => {
      const [answer] = await ask(request);
      expect(answer).toMatchObject({ method: `${method}Response`, ...expected });
    });

    it("several in one session, on its cookie", async () => {
      const before = acs.sessions.length;
      const answers = await ask(get(setting), { method: "GetRPCMethods" }, get(`${server}ParameterKey`));
      expect(answers.map(({ method }) => method)).toEqual([
        "GetParameterValuesResponse",
        "GetRPCMethodsResponse",
        "GetParameterValuesResponse",
      ]);
      expect(acs.sessions.length).toBe(before);
    });
  });

  describe("refuses with the code of the standard", () => {
    inOneSession();
    const faults: [number, string, CwmpMessage][] = [
      [
        9003,
        "a ParameterKey that is too long",
        { ...set(setting, "1"), parameterKey: "k".repeat(33) } as CwmpMessage,
      ],
      [
        9003,
        "a kind of notification that does not exist",
        attributes("Device.DeviceInfo.ProvisioningCode", 9),
      ],
      [9003, "a file of web pages", download("2 Web Content", "http://127.0.0.1/x")],
      [9005, "a parameter that does not exist", get("Device.DeviceInfo.Nonsense")],
      [
        9005,
        "a name without its object",
        { method: "GetParameterNames", path: "Device.Nothing.", nextLevel: false },
      ],
      [9005, "attributes of nothing", attributes("Device.Nothing.", 0)],
      [
        9005,
        "a row where there is no table",
        { method: "AddObject", path: "Device.DeviceInfo.", parameterKey: "" },
      ],
      [
        9005,
        "a row that is not there",
        { method: "DeleteObject", path: "Device.IP.Interface.77.", parameterKey: "" },
      ],
      [9009, "silence about what is always told", attributes(`${server}ConnectionRequestURL`, 0)],
      [9013, "a protocol that is not spoken", download("1 Firmware Upgrade Image", "ftp://127.0.0.1/x")],
      [9001, "a transfer that does not exist", { method: "CancelTransfer", commandKey: "nobody" }],
    ];
    it.each(faults)("%i %s", async (faultCode, _what, request) => {
      const [answer] = await ask(request);
      expect(answer).toMatchObject({ method: "Fault", faultCode });
    });

    it("9003 with a fault for each parameter, and nothing is set", async () => {
      const [answer, values] = await ask(
        {
          method: "SetParameterValues",
          parameterKey: "no",
          parameters: [
            { path: setting, value: "777", type: "unsignedInt" },
            { path: "Device.DeviceInfo.Nonsense", value: "1", type: "string" },
            { path: `${server}PeriodicInformEnable`, value: "1", type: "unsignedInt" },
            { path: `${server}PeriodicInformTime`, value: "yesterday", type: "dateTime" },
            { path: "Device.DeviceInfo.SerialNumber", value: "1", type: "string" },
          ],
        },
        get(setting, `${server}ParameterKey`),
      );
      expect(answer).toMatchObject({
        faultCode: 9003,
        setParameterFaults: [
          { path: "Device.DeviceInfo.Nonsense", code: 9005 },
          { path: `${server}PeriodicInformEnable`, code: 9006 },
          { path: `${server}PeriodicInformTime`, code: 9007 },
          { path: "Device.DeviceInfo.SerialNumber", code: 9008 },
        ],
      });
      expect(values).toMatchObject({ parameters: [{ value: "1200" }, { value: "key" }] });
    });

    it("9000 a method it does not have, and goes on", async () => {
      acs.taste = (xml) => xml.replaceAll("cwmp:GetQueuedTransfers", "cwmp:ChangeDUState");
      const [answer, next] = await ask({ method: "GetQueuedTransfers" }, get(setting));
      expect(answer).toMatchObject({ method: "Fault", faultCode: 9000 });
      expect(next?.method).toBe("GetParameterValuesResponse");
    });

    it("9004 more transfers than it can keep", async () => {
      const many = Array.from({ length: 9 }, () =>
        upload("1 Vendor Configuration File", "http://127.0.0.1:9/"),
      );
      const answers = await ask(...many, { method: "CancelTransfer", commandKey: "up" });
      expect(answers[8]).toMatchObject({ method: "Fault", faultCode: 9004 });
      expect(answers[9]?.method).toBe("CancelTransferResponse");
    });
  });

  describe("understands", () => {
    describe("the taste of others:", () => {
      inOneSession();
      const tastes: [string, Taste][] = [
        [
          "other prefixes",
          (xml) =>
            xml
              .replaceAll("soap-env:", "SOAP-ENV:")
              .replaceAll("xmlns:soap-env", "xmlns:SOAP-ENV")
              .replaceAll("cwmp:", "tr69:")
              .replaceAll("xmlns:cwmp", "xmlns:tr69"),
        ],
        ["single quotes and other spacing", (xml) => xml.replaceAll('"', "'").replaceAll("><", ">\n\t<")],
        [
          "comments and processing instructions",
          (xml) => xml.replaceAll("<soap-env:Body>", "<!-- <a> --><?vendor x?><soap-env:Body><!-- b -->"),
        ],
        ["CDATA", (xml) => xml.replaceAll(/<string>([^<]*)<\/string>/g, "<string><![CDATA[$1]]></string>")],
        ["a byte order mark", (xml) => `\ufeff${xml}`],
        ["ISO 8859-1", (xml) => Buffer.from(xml.replace("UTF-8", "ISO-8859-1"), "latin1")],
        ["array lengths that lie", (xml) => xml.replaceAll(/\[\d+\]/g, "[99]")],
        ["arrays without type or length", (xml) => xml.replaceAll(/ soap-enc:arrayType="[^"]*"/g, "")],
        [
          "names with space around them",
          (xml) => xml.replaceAll(/<string>([^<]*)<\/string>/g, "<string>\n  $1\n</string>"),
        ],
        [
          "headers in another order and unknown ones",
          (xml) => xml.replace("<soap-env:Header>", '<soap-env:Header><v:Trace xmlns:v="urn:v">1</v:Trace>'),
        ],
      ];
      it.each(tastes)("%s", async (_name, taste) => {
        acs.taste = taste;
        const [answer] = await ask(get(setting));
        expect(answer).toMatchObject({
          method: "GetParameterValuesResponse",
          parameters: [{ path: setting }],
        });
      });
    });

    it("partial paths and the whole tree", async () => {
      const [some, all] = await ask(get("Device.DeviceInfo."), get(""));
      const count = (message?: CwmpMessage): number =>
        message?.method === "GetParameterValuesResponse" ? message.parameters.length : 0;
      expect(count(some)).toBeGreaterThan(10);
      expect(count(all)).toBeGreaterThan(count(some));
    });

    it.each([
      ["urn:dslforum-org:cwmp-1-1", undefined, "cwmp-1-1"],
      ["urn:dslforum-org:cwmp-1-2", "1.4", "cwmp-1-2"],
      ["urn:dslforum-org:cwmp-1-2", "1.0", "cwmp-1-0"],
    ] as const)("an ACS of %s that chooses %s", async (namespace, useVersion, spoken) => {
      acs.namespace = namespace;
      acs.informHeaders = useVersion === undefined ? {} : { useVersion };
      await ask({ method: "GetRPCMethods" });
      expect(acs.raw.at(-1)).toContain(`"urn:dslforum-org:${spoken}"`);
    });
  });

  saidNothingRefused(acs, 60);
});
