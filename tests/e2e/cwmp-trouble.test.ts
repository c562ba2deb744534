import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ScriptedAcs } from "../simulators/scripted-acs.ts";
import { boxAndForeignAcs, get, saidNothingRefused, setting } from "./foreign-acs.ts";
import { eventually } from "./stage.ts";

describe("a box whose ACS is in trouble, or makes it", () => {
  const rig = boxAndForeignAcs();
  const { acs, ask, inOneSession } = rig;

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
      once({ status: 302, headers: { Location: `${rig.url}?again` } }, "Inform");
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

  describe("survives", () => {
    inOneSession();
    const memory = (): number => {
      const status = readFileSync(`/proc/${rig.box.process.pid ?? 0}/status`, "utf8");
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

  saidNothingRefused(acs, 30);
});
