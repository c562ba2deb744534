import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lintProfiles } from "./lint.ts";
import { ProfileError, loadProfiles } from "./load.ts";

describe("the shipped profiles", () => {
  const profiles = loadProfiles();

  it("hold the virtual, the emulated and the IPPI box, five providers' terms and six countries", () => {
    expect([...profiles.hardware.keys()]).toEqual([
      "ippi/box",
      "qemu/virt-arm64-nvme",
      "qemu/virt-arm64",
      "virtual/sim",
    ]);
    expect([...profiles.providers.keys()]).toEqual(["callr", "interfone", "ippi", "onoff", "voxbi"]);
    expect([...profiles.regions.keys()]).toEqual(["be", "de", "fr", "gb", "lu", "us"]);
  });

  it("do not contradict themselves", () => {
    expect(lintProfiles(profiles)).toEqual([]);
  });

  it("cite a clause for every rule", () => {
    for (const provider of profiles.providers.values())
      for (const rule of Object.values(provider.rules).flat()) expect(rule?.clause).toMatch(/^\S+/);
  });

  const withRefusal = (change: object): string[] => {
    const provider = structuredClone(profiles.providers.get("voxbi")!);
    Object.assign(provider.rules.refusedNumbers![0]!, change);
    const providers = new Map([["voxbi", provider]]);
    return lintProfiles({ ...profiles, providers }).map(({ problem }) => problem);
  };
  it("find a rule that holds in a country nobody knows", () => {
    expect(withRefusal({ carriedIn: ["xx"] })).toEqual(['refusedNumbers 13.6: there is no region "xx"']);
  });
  it("find a call for help that would end for money", () => {
    const provider = structuredClone(profiles.providers.get("ippi")!);
    provider.rules.prepaidCredit!.categories.push("emergency");
    const findings = lintProfiles({ ...profiles, providers: new Map([["ippi", provider]]) });
    expect(findings.map(({ problem }) => problem)).toEqual([
      "prepaidCredit: a call for help never ends for money",
    ]);
  });
  it("find a deposit asked of those who call for help", () => {
    expect(withRefusal({ liftable: true })).toEqual([
      "refusedNumbers 13.6: nobody pays a deposit to call for help",
    ]);
  });

  it("find a region whose refusal sounds like its busy tone", () => {
    const region = structuredClone(profiles.regions.get("fr")!);
    region.tones.refused = region.tones.busy;
    const findings = lintProfiles({ ...profiles, regions: new Map([["fr", region]]) });
    expect(findings).toContainEqual({
      profile: "regions/fr",
      problem: "tones.refused sounds like tones.busy",
    });
  });
});

describe("a region with a mistake", () => {
  const shipped = loadProfiles().regions.get("gb")!;
  type Change = (region: typeof shipped) => void;
  const cases: [string, Change, string][] = [
    [
      "a ring that leaves no room for caller identification",
      (r) => Object.assign(r.callerId, { timing: "during-ring", alert: "none", delayMs: 900 }),
      "no silence holds",
    ],
    ["pulses as long as a flash", (r) => (r.pulse.breakMs.maximum = 90), "a pulse would be a flash"],
    [
      "a number that begins like an emergency number",
      (r) =>
        r.dialling.ranges.push({ prefix: "9991", category: "special", minimum: 5, maximum: 5, name: "" }),
      "makes an emergency number wait",
    ],
    [
      "a code that hides an emergency number",
      (r) => r.services.push({ code: "11", service: "call-return" }),
      "hides the emergency number 112",
    ],
    [
      "a silent tone",
      (r) => (r.tones.busy.steps = [{ frequencies: [], level: -13, ms: 500 }]),
      "tones.busy: is silent",
    ],
    [
      "a stutter without a tone after it",
      (r) => (r.tones["message-waiting"].lead = { steps: 3, plays: 2 }),
      "nothing follows its lead",
    ],
    ["a burst that nothing announces", (r) => (r.callerId.alert = "none"), "nothing announces the burst"],
    ["an odd ring", (r) => (r.ringing.cadence = [400, 200, 400]), "must come in pairs"],
  ];
  it.each(cases)("is found: %s", (_what, change, problem) => {
    const region = structuredClone(shipped);
    change(region);
    const findings = lintProfiles({
      hardware: new Map(),
      providers: new Map(),
      regions: new Map([["gb", region]]),
    });
    expect(findings.map((finding) => finding.problem).join("\n")).toContain(problem);
  });
});

describe("a profile folder with a mistake", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "profiles-"));
    for (const folder of ["hardware", "providers", "regions"]) mkdirSync(join(directory, folder));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const provider = { id: "acme", name: "Acme", document: { title: "Terms", version: "1" }, rules: {} };
  const write = (name: string, content: string): void =>
    writeFileSync(join(directory, "providers", name), content);

  it.each([
    ["broken JSON", "acme.json", "{", /not readable JSON/],
    ["an id that is not its path", "other.json", JSON.stringify(provider), /its path says "other"/],
    [
      "a misspelt rule",
      "acme.json",
      JSON.stringify({ ...provider, rules: { sofwareUpdate: {} } }),
      /sofwareUpdate/,
    ],
    [
      "a rule without a clause",
      "acme.json",
      JSON.stringify({ ...provider, rules: { remoteMaintenance: { summary: "x" } } }),
      /rules\.remoteMaintenance\.clause/,
    ],
  ])("is refused for %s, naming the file", (_what, name, content, message) => {
    write(name, content);
    expect(() => loadProfiles(directory)).toThrow(ProfileError);
    expect(() => loadProfiles(directory)).toThrow(message);
    expect(() => loadProfiles(directory)).toThrow(name);
  });
});
