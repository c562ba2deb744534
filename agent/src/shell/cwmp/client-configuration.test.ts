import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CwmpMessage, Download } from "../../core/cwmp/index.ts";
import { configurationFile } from "./configuration-file.ts";
import { ClientRig, server } from "./client-rig.ts";
import { ScriptedAcs } from "./scripted-acs.ts";

let box: ClientRig;
beforeEach(async () => {
  box = new ClientRig();
  await box.open();
});
afterEach(() => box.close());

describe("a configuration file", () => {
  const interval = `${server}PeriodicInformInterval`;
  const fetch = (url: string, more: Partial<Download> = {}): CwmpMessage => ({
    method: "Download",
    commandKey: "conf",
    fileType: "3 Vendor Configuration File",
    url,
    username: "u",
    password: "p",
    fileSize: 0,
    targetFileName: "",
    delaySeconds: 0,
    successUrl: "",
    failureUrl: "",
    ...more,
  });
  const good = `# comment\r\n${interval}="900"\n\n${server}URL="http://elsewhere/"\n`;
  let file: string | Buffer;
  let status: number;
  let shelf: ScriptedAcs;
  let source: string;
  beforeEach(async () => {
    file = good;
    status = 200;
    shelf = new ScriptedAcs(({ headers }) =>
      headers.authorization === undefined
        ? { status: 401, headers: { "WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"' } }
        : { status, body: file },
    );
    source = await shelf.listen();
  });
  afterEach(() => shelf.close());
  const outcomeOf = async (request: CwmpMessage) => {
    box.requests = [request];
    await box.client.start();
    await expect.poll(() => (box.clock.advance(0), box.outcome)).toBeDefined();
    return box.outcome;
  };

  it("is applied and told of, and does not take the box to another ACS", async () => {
    const url = box.model.value(`${server}URL`);
    expect(await outcomeOf(fetch(source, { fileSize: Buffer.byteLength(good) }))).toMatchObject({
      commandKey: "conf",
      fault: { code: 0 },
    });
    expect(box.model.value(interval)).toBe("900");
    expect(box.model.value(`${server}URL`)).toBe(url);
    expect(box.pending).toEqual([]);
  });

  it("comes back from what was uploaded", async () => {
    file = configurationFile(box.model);
    box.model.write([{ path: interval, value: "77" }], "cli");
    expect(await outcomeOf(fetch(source))).toMatchObject({ fault: { code: 0 } });
    expect(box.model.value(interval)).toBe("300");
  });

  it.each([
    ["4 Tone File", "tones"],
    ["5 Ringer File", "ringing"],
  ])("may be a %s", async (fileType, kind) => {
    file = "{}";
    expect(await outcomeOf(fetch(source, { fileType }))).toMatchObject({ fault: { code: 0 } });
    expect(box.done).toEqual([`${kind} {}`]);
  });

  it.each([
    ["a tone file that cannot be used", "", 9018],
    ["a tone file that is too long", " ".repeat(65 * 1024), 9017],
  ])("changes nothing when it is %s", async (_name, content, code) => {
    file = content;
    expect(await outcomeOf(fetch(source, { fileType: "4 Tone File" }))).toMatchObject({
      fault: { code },
    });
    expect(box.done).toEqual([]);
  });

  const wrong: [string, () => void, Partial<Download>, number][] = [
    ["no such file", () => (status = 404), {}, 9016],
    ["credentials refused", () => (status = 401), {}, 9012],
    ["nobody there", () => (source = "http://127.0.0.1:9/"), {}, 9015],
    ["too long", () => (file = "x".repeat(300_000)), {}, 9017],
    ["another length than announced", () => undefined, { fileSize: 3 }, 9018],
    ["an unknown parameter", () => (file = `${good}Device.Nothing="1"`), {}, 9018],
    ["a value out of range", () => (file = `${good}${server}CWMPRetryMinimumWaitInterval="0"`), {}, 9018],
    ["a line that is none", () => (file = `${good}what is this`), {}, 9018],
    ["a value that is no text", () => (file = `${good}Device.A=1`), {}, 9018],
    ["a parameter twice", () => (file = good + good), {}, 9018],
    ["not text", () => (file = Buffer.from([0xff, 0xfe, 0x00])), {}, 9018],
    ["nothing", () => (file = "# empty"), {}, 9018],
  ];
  it.each(wrong)("changes nothing when it is %s", async (_name, prepare, more, code) => {
    prepare();
    expect(await outcomeOf(fetch(source, more))).toMatchObject({ fault: { code } });
    expect(box.model.value(interval)).toBe("300");
  });
});
