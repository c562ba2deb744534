import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CwmpMessage } from "@tonalite/agent/core/cwmp";
import { startChild } from "@tonalite/scripts/telephony";
import type { Child } from "@tonalite/scripts/telephony";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { checkMessages, schemaTrouble } from "../simulators/cwmp-schemas.ts";
import { ScriptedAcs } from "../simulators/scripted-acs.ts";
import { eventually } from "./stage.ts";

const root = join(import.meta.dirname, "../..");
export const server = "Device.ManagementServer.";
/** A setting that has no effect here. */
export const setting = `${server}STUNServerPort`;
/** With which the ACS knocks. */
export const account = { username: "scripted", password: "knock knock" };

export const get = (...names: string[]): CwmpMessage => ({ method: "GetParameterValues", names });
export const set = (
  path: string,
  value: string,
  type: "string" | "unsignedInt" | "boolean" = "string",
): CwmpMessage => ({
  method: "SetParameterValues",
  parameterKey: "key",
  parameters: [{ path, value, type }],
});
export const upload = (fileType: string, to: string): CwmpMessage => ({
  method: "Upload",
  commandKey: "up",
  fileType,
  url: to,
  username: "",
  password: "",
  delaySeconds: 3600,
});
export const download = (fileType: string, from: string): CwmpMessage => ({
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
export const attributes = (path: string, notification: number): CwmpMessage => ({
  method: "SetParameterAttributes",
  parameters: [{ path, notification }],
});

/** One real box and an ACS that says what the test wants, in the words of other vendors too. */
export type ForeignAcs = {
  readonly acs: ScriptedAcs;
  readonly url: string;
  readonly box: Child;
  /** The box's next life. */
  readonly restart: () => void;
  /** Orders, and waits for the answers: the box calls every second. */
  readonly ask: (...requests: CwmpMessage[]) => Promise<CwmpMessage[]>;
  /** The sessions of a group of tests stay open for one order after the other. */
  readonly inOneSession: () => void;
};

/** Begins before the tests of a group and ends after them. */
export function boxAndForeignAcs(): ForeignAcs {
  const acs = new ScriptedAcs();
  let folder: string;
  let url: string;
  let box: Child;
  const start = (): Child => {
    const args = ["--state", join(folder, "box"), "--serial", "SCRIPT1", "--acs", url];
    return startChild(process.execPath, [join(root, "agent/src/shell/main.ts"), ...args], "nodejs");
  };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "tonalite-cwmp-"));
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
    await eventually("the session's end", () => (acs.sessions.at(-1)?.ended === true ? true : undefined));
  });
  afterAll(async () => {
    await box?.stop();
    await acs.close();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => {
    acs.taste = (xml) => xml;
    acs.trouble = () => undefined;
    acs.informHeaders = {};
    acs.namespace = "urn:dslforum-org:cwmp-1-2";
  });
  return {
    acs,
    get url() {
      return url;
    },
    get box() {
      return box;
    },
    restart: () => void (box = start()),
    ask: async (...requests) => await Promise.all(requests.map((request) => acs.order(request))),
    inOneSession: () => {
      beforeAll(() => acs.stay(true));
      afterAll(() => acs.stay(false));
    },
  };
}

/** The last test of a group. @param least how many messages the box has said by then */
export function saidNothingRefused(acs: ScriptedAcs, least: number): void {
  const trouble = schemaTrouble();
  it.skipIf(trouble !== undefined)(
    `said nothing in all this that the standard's schemas refuse${trouble === undefined ? "" : ` (skipped: ${trouble})`}`,
    () => {
      expect(acs.raw.length).toBeGreaterThan(least);
      expect(checkMessages(acs.raw)).toEqual([]);
    },
  );
}
