import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CwmpMessage, MessageOf } from "@tonalite/agent/core/cwmp";
import { startChild } from "@tonalite/scripts/telephony";
import type { Child } from "@tonalite/scripts/telephony";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { checkMessages, schemaTrouble } from "../simulators/cwmp-schemas.ts";
import { knock, ScriptedAcs, type Taste } from "../simulators/scripted-acs.ts";
import { eventually } from "./stage.ts";

const root = join(import.meta.dirname, "../..");
const server = "Device.ManagementServer.";
/** A setting that has no effect here. */
const setting = `${server}STUNServerPort`;
const account = { username: "scripted", password: "knock knock" };

/* One real box and an ACS that says what the test wants, in the words of other vendors too. */
describe("a box and a foreign ACS", () => {
  let folder: string;
  let acs: ScriptedAcs;
  let url: string;
  let box: Child;

  const start = (): Child =>
    startChild(
      process.execPath,
      [
        join(root, "agent/src/shell/main.ts"),
        "--state",
        join(folder, "box"),
        "--serial",
        "SCRIPT1",
        "--acs",
        url,
      ],
      "nodejs",
    );
  /** Orders, and waits for the answers: the box calls every second. */
  const ask = (...requests: CwmpMessage[]): Promise<CwmpMessage[]> =>
    Promise.all(requests.map((request) => acs.order(request)));
  /** Sessions of these tests stay open for one order after the other. */
  const inOneSession = (): void => {
    beforeAll(() => acs.stay(true));
    afterAll(() => acs.stay(false));
  };
  const idle = (): Promise<true> =>
    eventually("the session's end", () => (acs.sessions.at(-1)?.ended === true ? true : undefined));
  const get = (...names: string[]): CwmpMessage => ({ method: "GetParameterValues", names });
  const set = (
    path: string,
    value: string,
    type: "string" | "unsignedInt" | "boolean" = "string",
  ): CwmpMessage => ({
    method: "SetParameterValues",
    parameterKey: "key",
    parameters: [{ path, value, type }],
  });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "tonalite-cwmp-"));
    acs = new ScriptedAcs();
    url = await acs.listen();
    const configured = acs.order({
      method: "SetParameterValues",
      parameterKey: "first",
      parameters: [
        { path: `${server}ConnectionRequestUsername`, value: account.username, type: "string" },
        { path: `${server}ConnectionRequestPassword`, value: account.password, type: "string" },
        { path: `${server}PeriodicInformInterval`, value: "1", type: "unsignedInt" },
        { path: `${server}CWMPRetryMinimumWaitInterval`, value: "1", type: "unsignedInt" },
        { path: `${server}CWMPRetryIntervalMultiplier`, value: "1000", type: "unsignedInt" },
      ],
    });
    box = start();
    const gone = box.ended.then((code) => {
      throw new Error(`the box ended with code ${code}: ${box.output()}`);
    });
    gone.catch(() => undefined);
    expect(await Promise.race([configured, gone])).toEqual({
      method: "SetParameterValuesResponse",
      status: 0,
    });
    await idle();
  });
  afterAll(async () => {
    await box?.stop();
    await acs?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => {
    acs.taste = (xml) => xml;
    acs.trouble = () => undefined;
    acs.informHeaders = {};
    acs.namespace = "urn:dslforum-org:cwmp-1-2";
  });

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

  const upload = (fileType: string, to: string): CwmpMessage => ({
    method: "Upload",
    commandKey: "up",
    fileType,
    url: to,
    username: "",
    password: "",
    delaySeconds: 3600,
  });
  const download = (fileType: string, from: string): CwmpMessage => ({
    method: "Download",
    commandKey: "down",
    fileType,
    url: from,
    username: "",
    password: "",
    fileSize: 0,
    targetFileName: "",
    delaySeconds: 0,
    successUrl: "",
    failureUrl: "",
  });
  const attributes = (path: string, notification: number): CwmpMessage => ({
    method: "SetParameterAttributes",
    parameters: [{ path, notification }],
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

  describe("gets over", () => {
    /** The next such message meets the trouble; what comes later does not. */
    const once = (trouble: ReturnType<ScriptedAcs["trouble"]>, on: string): void => {
      let met = false;
      acs.trouble = (message) => {
        if (met || (message?.method ?? "") !== on) return undefined;
        met = true;
        return trouble;
      };
    };
    const works = async (): Promise<void> => {
      const [answer] = await ask(get(setting));
      expect(answer?.method).toBe("GetParameterValuesResponse");
    };

    it.each([
      ["a connection that drops", { drop: true }],
      ["an ACS that is down", { status: 503 }],
      ["an ACS that cannot store", { faultCode: 8002 }],
    ] as const)("%s, by telling again with a count", async (_name, trouble) => {
      once(trouble, "Inform");
      const inform = await eventually(
        "the second try",
        () => acs.sessions.findLast(({ inform: one }) => one.retryCount === 1)?.inform,
      );
      expect(inform.events.map(({ eventCode }) => eventCode)).toContain("2 PERIODIC");
      await works();
    });

    it("an ACS that asks for the same again (8005), in the same session", async () => {
      const retried = acs.sessions.filter(({ inform }) => inform.retryCount > 0).length;
      once({ faultCode: 8005 }, "Inform");
      await works();
      expect(acs.sessions.filter(({ inform }) => inform.retryCount > 0)).toHaveLength(retried);
    });

    it("HoldRequests", async () => {
      acs.informHeaders = { holdRequests: true };
      await works();
    });

    it("a redirect to another path", async () => {
      once({ status: 302, headers: { Location: `${url}?again` } }, "Inform");
      await works();
    });

    it("an ACS of the first version only, by speaking it", async () => {
      const newest = (): boolean => acs.raw.at(-1)?.includes("urn:dslforum-org:cwmp-1-2") === true;
      acs.trouble = (message) => (message?.method === "Inform" && newest() ? { faultCode: 8006 } : undefined);
      const before = acs.sessions.length;
      await eventually("an Inform in 1.0", () => (acs.sessions.length > before ? true : undefined));
      const inform = acs.raw.findLast((text) => text.includes(":Inform>"));
      expect(inform).toContain("urn:dslforum-org:cwmp-1-0");
      expect(inform).not.toContain("SupportedCWMPVersions");
      await works();
    });
  });

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

  describe("survives", () => {
    inOneSession();
    const memory = (): number => {
      const status = readFileSync(`/proc/${box.process.pid ?? 0}/status`, "utf8");
      return Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1]) / 1024;
    };
    const envelope = (body: string): string =>
      `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:c="urn:dslforum-org:cwmp-1-2"><s:Header><c:ID>bad</c:ID></s:Header><s:Body>${body}</s:Body></s:Envelope>`;
    const names = (list: string): string =>
      envelope(`<c:GetParameterValues><ParameterNames>${list}</ParameterNames></c:GetParameterValues>`);
    const bomb =
      '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' +
      Array.from(
        { length: 9 },
        (_, i) => `<!ENTITY ${"bcdefghij"[i]} "${`&${"abcdefghi"[i]};`.repeat(10)}">`,
      ).join("") +
      "]>";
    const bad: [string, () => string][] = [
      ["an XML bomb", () => `${bomb}${names("<string>&j;</string>")}`],
      ["nesting without end", () => envelope("<a>".repeat(100_000))],
      ["a name of 10 MB", () => names(`<string>${"x".repeat(10_000_000)}</string>`)],
      ["a name of 3 MB", () => names(`<string>${"x".repeat(3_000_000)}</string>`)],
      ["a hundred thousand names", () => names("<string>Device.</string>".repeat(100_000))],
      ["the whole tree ten thousand times", () => names("<string>Device.</string>".repeat(10_000))],
      ["half a message", () => names("<string>Device.</string>").slice(0, -40)],
      ["no XML", () => "\u0000\u0001\u0002".repeat(1000)],
      ["HTML", () => "<html><body>502 Bad Gateway</body></html>"],
      [
        "arguments of the wrong kind",
        () => envelope("<c:ScheduleInform><DelaySeconds>soon</DelaySeconds><CommandKey/></c:ScheduleInform>"),
      ],
    ];
    it.each(bad)("%s", async (_name, text) => {
      const before = acs.raw.length;
      void acs.order({ text: text() });
      // A fault, or a session given up: either way the next order is carried out.
      const [answer] = await ask(get(setting));
      expect(answer?.method).toMatch(/^(?:GetParameterValuesResponse|Fault)$/);
      const [next] = await ask(get(setting));
      expect(next?.method).toBe("GetParameterValuesResponse");
      const said = acs.raw.slice(before).filter((message) => message.includes(":Fault>"));
      for (const message of said) expect(message).toMatch(/<FaultCode>900[0-9]</);
      expect(memory()).toBeLessThan(220);
    });
  });

  it("does not act on a message with a header that it must understand and does not", async () => {
    const header = '<t:Transaction xmlns:t="urn:t" s:mustUnderstand="1">5</t:Transaction>';
    const before = acs.raw.length;
    void acs.order({
      text: `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:c="urn:dslforum-org:cwmp-1-2"><s:Header>${header}</s:Header><s:Body><c:Reboot><CommandKey>no</CommandKey></c:Reboot></s:Body></s:Envelope>`,
    });
    const [answer] = await ask(get(setting));
    expect(answer?.method).toMatch(/^(?:GetParameterValuesResponse|Fault)$/);
    const said = acs.raw.slice(before).find((message) => message.includes(":MustUnderstand<"));
    expect(said).toContain("SOAP header not understood: Transaction");
    const [alive] = await ask(get(setting));
    expect(alive?.method).toBe("GetParameterValuesResponse");
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
    expect(await box.ended).toBe(75);
    const before = acs.sessions.length;
    box = start();
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
    await box.stop("SIGKILL");
    acs.trouble = () => undefined;
    const before = acs.sessions.length;
    box = start();
    await eventually("the boot", () => (acs.sessions.length > before ? true : undefined));
    expect(acs.sessions[before]?.inform.events.map(({ eventCode }) => eventCode)).toEqual([
      "1 BOOT",
      "2 PERIODIC",
    ]);
  });

  it("forgets everything when told to", async () => {
    await ask({ method: "FactoryReset" });
    expect(await box.ended).toBe(75);
    const before = acs.sessions.length;
    box = start();
    await eventually("the first contact", () => (acs.sessions.length > before ? true : undefined));
    expect(acs.sessions[before]?.inform.events.map(({ eventCode }) => eventCode)).toEqual([
      "0 BOOTSTRAP",
      "1 BOOT",
    ]);
  });

  const trouble = schemaTrouble();
  it.skipIf(trouble !== undefined)(
    `said nothing in all this that the standard's schemas refuse${trouble === undefined ? "" : ` (skipped: ${trouble})`}`,
    () => {
      expect(acs.raw.length).toBeGreaterThan(100);
      expect(checkMessages(acs.raw)).toEqual([]);
    },
  );
});
