import { loadProfiles } from "@tonalite/device-profiles/load";
import { describe, expect, it } from "vitest";
import { createDeviceModel } from "../data-model/index.ts";
import { numberRanges } from "../terms/index.ts";
import {
  callStatus,
  clientStatus,
  dialPlan,
  featureValues,
  lineContext,
  lineFeatures,
  lineSetup,
  needsRegistration,
  numberingPlanOf,
  provisionLine,
  readTerms,
  reversesOnAnswer,
  ringOf,
  toneOf,
} from "./index.ts";

const profiles = loadProfiles();
const region = profiles.regions.get("fr")!;
const ippi = profiles.providers.get("ippi")!;
const sim = profiles.hardware.get("virtual/sim")!;
const laboratory = sim.laboratory!;

function modelWith(values: Record<string, string>) {
  const model = createDeviceModel({ lines: 1 });
  const changes = Object.entries(values).map(([path, value]) => ({
    path: path.startsWith("Device.") ? path : `Device.Services.VoiceService.1.${path}`,
    value,
  }));
  expect(model.write(changes, "cwmp")).toMatchObject({ ok: true });
  return (path: string) => model.value(path);
}
const account = {
  "CallControl.Line.1.Enable": "true",
  "CallControl.Line.1.DirectoryNumber": "0145000001",
  "SIP.Client.1.Enable": "true",
  "SIP.Client.1.AuthUserName": "alice",
  "SIP.Client.1.AuthPassword": "not-a-real-secret",
  "SIP.Client.1.RegisterURI": "sip:100@lab.test",
  "SIP.Network.1.Enable": "true",
  "SIP.Network.1.RegistrarServer": "127.0.0.1",
  "SIP.Network.1.RegistrarServerPort": "5090",
  "SIP.Network.1.UserAgentDomain": "lab.test",
};

describe("a line's account", () => {
  it("comes from TR-104 line, client and network", () => {
    expect(provisionLine(0, modelWith(account), { provider: ippi, laboratory }, ["PCMA"])).toEqual({
      provisioning: "account",
      account: {
        user: "100",
        authUser: "alice",
        password: "not-a-real-secret",
        domain: "lab.test",
        proxy: "127.0.0.1",
        proxyPort: 5090,
        transport: "UDP",
        expiresSeconds: 3600,
        codecs: ["PCMA"],
        calls: 2,
        mediaSecurity: "off",
        dtmf: "automatic",
        keepAliveSeconds: 25,
        alternates: [],
        silence: [],
        messagesSeconds: 0,
        fax: {
          mode: "t38",
          maxBitRate: 14_400,
          errorCorrection: true,
          lowRedundancy: 3,
          highRedundancy: 1,
        },
        displayName: "",
      },
    });
  });

  it("speaks TLS and SRTP, and knows further proxies, when it is told to", () => {
    const secure = {
      ...account,
      "SIP.Network.1.ProxyServerTransport": "TLS",
      "SIP.Network.1.X_TONALITE_AlternateProxies": " 127.0.0.1:5061  127.0.0.1:5062 ",
      "VoIPProfile.1.RTP.SRTP.Enable": "true",
    };
    const provision = (values: Record<string, string>) =>
      provisionLine(0, modelWith(values), { provider: ippi, laboratory }, ["PCMA"]);
    expect(provision(secure)).toMatchObject({
      account: {
        transport: "TLS",
        mediaSecurity: "required",
        alternates: ["127.0.0.1:5061", "127.0.0.1:5062"],
      },
    });
    const offered = { ...secure, "VoIPProfile.1.RTP.SRTP.KeyingMethods": "SDP,Null" };
    expect(provision(offered)).toMatchObject({ account: { mediaSecurity: "offered" } });
    const informing = { ...secure, "VoIPProfile.1.DTMFMethod": "SIPInfo,InBand" };
    expect(provision(informing)).toMatchObject({ account: { dtmf: "info" } });
    const asking = {
      ...account,
      "SIP.Network.1.EventSubscribe.1.Enable": "true",
      "SIP.Network.1.EventSubscribe.1.ExpireTime": "600",
    };
    expect(provision(asking)).toMatchObject({ account: { messagesSeconds: 600 } });
    const quiet = { ...account, "CodecProfile.1.SilenceSuppression": "true" };
    expect(provision(quiet)).toMatchObject({ account: { silence: ["PCMA"] } });
    const stranger = { ...secure, "SIP.Network.1.X_TONALITE_AlternateProxies": "evil.example:5060" };
    expect(provision(stranger)).toMatchObject({
      provisioning: "misconfigured",
      term: { rule: "equipmentUse" },
    });
  });

  it("prefers the proxy, and falls back to the directory number", () => {
    const changed = {
      ...account,
      "SIP.Client.1.RegisterURI": "",
      "SIP.Network.1.ProxyServer": "edge.test",
      "SIP.Network.1.ProxyServerPort": "5070",
      "SIP.Network.1.ProxyServerTransport": "TCP",
    };
    expect(provisionLine(0, modelWith(changed), { provider: ippi, laboratory }, ["PCMA"])).toMatchObject({
      account: { user: "0145000001", proxy: "edge.test", proxyPort: 5070, transport: "TCP" },
    });
  });

  it.each([
    ["CallControl.Line.1.Enable", "false"],
    ["SIP.Client.1.Enable", "false"],
    ["SIP.Network.1.Enable", "false"],
  ])("is off when %s is %s", (path, value) => {
    const read = modelWith({ ...account, [path]: value });
    expect(provisionLine(0, read, { provider: null, laboratory: null }, [])).toEqual({
      provisioning: "disabled",
    });
  });

  it("outside the provider's network is not used; the fault names the clause", () => {
    for (const path of [
      "SIP.Network.1.RegistrarServer",
      "SIP.Network.1.ProxyServer",
      "SIP.Network.1.UserAgentDomain",
    ]) {
      const read = modelWith({ ...account, [path]: "sip.other.example" });
      const result = provisionLine(0, read, { provider: ippi, laboratory }, ["PCMA"]);
      expect(result).toMatchObject({ provisioning: "misconfigured", term: { clause: "1.h" } });
      expect(result).toHaveProperty("problem", expect.stringMatching(/sip\.other\.example.*clause 1\.h/));
    }
  });

  it.each([
    [
      "no registrar",
      { "SIP.Network.1.RegistrarServer": "", "SIP.Network.1.UserAgentDomain": "" },
      /RegistrarServer/,
    ],
    ["no user", { "SIP.Client.1.RegisterURI": "", "CallControl.Line.1.DirectoryNumber": "" }, /RegisterURI/],
  ])("with %s says what is missing", (_what, change, problem) => {
    const read = modelWith({ ...account, ...change });
    const result = provisionLine(0, read, { provider: null, laboratory: null }, []);
    expect(result).toMatchObject({ provisioning: "misconfigured", problem: expect.stringMatching(problem) });
  });

  it("registers again only when something of it changed", () => {
    const one = provisionLine(0, modelWith(account), { provider: null, laboratory }, ["PCMA"]);
    const two = provisionLine(0, modelWith(account), { provider: ippi, laboratory }, ["PCMA"]);
    if (one.provisioning !== "account" || two.provisioning !== "account") throw new Error("no account");
    expect(needsRegistration(one.account, two.account)).toBe(false);
    expect(needsRegistration(one.account, { ...two.account, password: "x" })).toBe(true);
    expect(needsRegistration(one.account, null)).toBe(true);
  });
});

describe("terms and settings", () => {
  const source = { ...profiles, hardware: sim, defaultRegion: region };
  it("are chosen by the data model", () => {
    const read = modelWith({
      "Device.X_TONALITE_Terms.Provider": "ippi",
      "Device.X_TONALITE_Terms.Region": "FR",
      "Device.X_TONALITE_Terms.MaximumCallDuration": "7200",
      "Device.X_TONALITE_Terms.LimitationsLifted": "true",
      "Device.X_TONALITE_Terms.ServiceState": "Suspended",
    });
    const { terms, problem } = readTerms(read, source);
    expect(problem).toBeNull();
    expect(terms).toMatchObject({
      provider: ippi,
      region,
      serviceState: "Suspended",
      maximumCallDuration: 7200,
      limitationsLifted: true,
    });
    const { plan, problem: mapProblem } = dialPlan(read, terms);
    expect(mapProblem).toBeNull();
    const features = lineFeatures(0, read, { lastDialled: "", lastCaller: "" });
    expect(lineContext(read, terms, true, plan, features)).toMatchObject({
      incompleteMs: 6000,
      interDigitMs: 3000,
      terminator: "#",
    });
  });

  it("take a digit map that can be read, and the region's numbers instead of one that cannot", () => {
    const path = "Device.Services.VoiceService.1.CallControl.NumberingPlan.1.X_TONALITE_DigitMap";
    const { terms } = readTerms(modelWith({}), source);
    expect(dialPlan(modelWith({ [path]: "(9xxx|0x.T)" }), terms).plan.map).toHaveLength(2);
    expect(dialPlan(modelWith({ [path]: "(9xxx|0x.T" }), terms)).toEqual({
      plan: { ranges: numberRanges(terms), map: null, services: region.services },
      problem: `${path}: no closing parenthesis, at character 11`,
    });
  });

  it("reverse the wires on answer as the country does, unless the line has a setting of its own", () => {
    const signal = "POTS.FXS.1.X_TONALITE_AnswerSignal";
    const metered = { ...region, line: { ...region.line, polarityReversal: true } };
    const of = (value: string, country: typeof region) =>
      reversesOnAnswer(0, modelWith({ [signal]: value }), country);
    expect([of("Region", region), of("Region", metered)]).toEqual([false, true]);
    expect([of("Polarity", region), of("None", metered)]).toEqual([true, false]);
  });

  it("hold what the subscriber switches at the telephone", () => {
    const model = createDeviceModel({ lines: 2 });
    const read = (path: string): string => model.value(path);
    const history = { lastDialled: "0145678901", lastCaller: "" };
    expect(lineFeatures(1, read, history)).toMatchObject({ callWaiting: true, hotline: null, ...history });
    for (const change of [
      { feature: "forward-no-answer", to: { enabled: true, number: "0612345678" } },
      { feature: "call-waiting", to: false },
      { feature: "do-not-disturb", to: true },
      { feature: "hotline", to: "0145678901" },
    ] as const)
      for (const [path, value] of Object.entries(featureValues(1, change))) model.publish(path, value);
    expect(lineFeatures(1, read, history)).toMatchObject({
      forwardNoAnswer: { enabled: true, number: "0612345678" },
      noAnswerMs: 20_000,
      callWaiting: false,
      doNotDisturb: true,
      hotline: { number: "0145678901", delayMs: 5000 },
    });
    expect(lineFeatures(0, read, history)).toMatchObject({ callWaiting: true, doNotDisturb: false });
    for (const [path, value] of Object.entries(featureValues(1, { feature: "hotline", to: null })))
      model.publish(path, value);
    expect(lineFeatures(1, read, history).hotline).toBeNull();
  });

  it("ring as the network asks where the region knows the ring", () => {
    const caller = { number: "0145678901", name: "", absence: "" } as const;
    const ring = (alert: string) => ringOf(region, caller, "", true, alert).phasesMs;
    expect(ring("<http://127.0.0.1/Bellcore-dr2>")).toEqual([1000, 500, 1000, 2500]);
    expect(ring("<http://example.test/ring.wav>")).toEqual(region.ringing.cadence);
    expect(ring("")).toEqual(region.ringing.cadence);
  });

  it.each([
    ["Provider", "acme"],
    ["Region", "zz"],
  ])("an unknown %s is told", (name, value) => {
    const { problem } = readTerms(modelWith({ [`Device.X_TONALITE_Terms.${name}`]: value }), source);
    expect(problem).toContain(value);
  });

  it("give the region's numbering plan values that the data model takes", () => {
    const model = createDeviceModel({ lines: 1 });
    for (const [path, value] of Object.entries(numberingPlanOf(region))) model.publish(path, value);
    expect(
      model.value("Device.Services.VoiceService.1.CallControl.NumberingPlan.1.InterDigitTimerOpen"),
    ).toBe("4000");
  });

  it("give the line its setup, tones and ring", () => {
    expect(lineSetup(0, modelWith({}), sim, region)).toEqual({
      flashMinMs: 80,
      flashMaxMs: 500,
      offHookMs: 40,
      pulse: { breakMinMs: 40, breakMaxMs: 79, makeMinMs: 20, gapMs: 200 },
      echoTailMs: 0,
      impedance: "215+1000||137nF",
      gainToPhone: 0,
      gainFromPhone: 0,
    });
    expect(toneOf(region.tones.dial)).toEqual({
      lead: null,
      repeat: 0,
      segments: [{ frequencies: [440], levels: [-130], durationMs: 0 }],
    });
    const caller = { number: "0612345678", name: "", absence: "" } as const;
    expect(ringOf(region, caller, "11221530", true)).toMatchObject({
      phasesMs: [1500, 3500],
      callerId: { standard: "etsi-fsk", number: "0612345678", dateTime: "11221530" },
    });
    expect(ringOf(region, caller, "", false).callerId.standard).toBe("none");
  });
});

describe("status", () => {
  const head = {
    seq: 1,
    t: 1,
    dropped: 0,
    event: "registration",
    line: 0,
    reason: "",
    proxy: "",
    expires: 0,
  } as const;
  it.each([
    ["registered", 200, "Registering", "Up"],
    ["registering", 0, "Up", "Up"],
    ["registering", 0, "Disabled", "Registering"],
    ["registering", 0, "Error_Network", "Error_Network"],
    ["failed", 401, "Registering", "Error_Registration"],
    ["failed", 0, "Up", "Error_Network"],
    ["failed", 503, "Up", "Error_Network"],
    ["unregistered", 200, "Up", "Disabled"],
  ] as const)("%s %i from %s is %s", (state, code, previous, status) => {
    expect(clientStatus({ ...head, state, code }, previous)).toBe(status);
  });

  it("of a call follows the line", () => {
    expect(callStatus({ state: "on-hook" })).toBe("Idle");
    expect(callStatus({ state: "ringing", call: 1 })).toBe("Alerting");
    expect(callStatus({ state: "talking", call: 1 })).toBe("Connected");
  });
});
