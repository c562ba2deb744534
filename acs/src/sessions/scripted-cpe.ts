import {
  type CwmpMessage,
  decodeEnvelope,
  encodeEnvelope,
  type InformEvent,
  type ParameterValueStruct,
} from "@tonalite/agent/core/cwmp";
import { answerChallenge } from "../connection-request/digest-client.ts";

export type ScriptedParameter = {
  value: string;
  type: ParameterValueStruct["type"];
  writable: boolean;
  secret?: boolean;
};

/** A box for tests: a table of parameters behind CWMP, as honest or as broken as the test wants it. */
export class ScriptedCpe {
  readonly url: string;
  readonly identity = { manufacturer: "Test", oui: "0011AA", productClass: "box", serialNumber: "S1" };
  username = "";
  password = "";
  readonly parameters = new Map<string, ScriptedParameter>();
  readonly informed = new Set<string>();
  /** answers instead of the usual one, by method */
  readonly overrides = new Map<string, (message: CwmpMessage) => CwmpMessage>();
  /** what the ACS asked, in order */
  asked: CwmpMessage[] = [];
  cookie = "";
  rebooted = false;

  constructor(url: string) {
    this.url = url;
    this.define("Device.DeviceInfo.SoftwareVersion", "1.0.0", { informed: true });
    this.define("Device.ManagementServer.ParameterKey", "", { informed: true });
    this.define("Device.ManagementServer.ConnectionRequestURL", "http://127.0.0.1:9/", { informed: true });
  }

  define(
    path: string,
    value: string,
    extra: {
      type?: ScriptedParameter["type"];
      writable?: boolean;
      secret?: boolean;
      informed?: boolean;
    } = {},
  ): this {
    const { type = "string", writable = false, secret = false, informed = false } = extra;
    this.parameters.set(path, { value, type, writable, secret });
    if (informed) this.informed.add(path);
    return this;
  }

  value(path: string): string | undefined {
    return this.parameters.get(path)?.value;
  }

  /** A whole session. @returns the status of the last answer (204 when all went well) */
  async session(
    events: (string | InformEvent)[] = ["2 PERIODIC"],
    extra: CwmpMessage[] = [],
  ): Promise<number> {
    this.asked = [];
    this.cookie = "";
    const opened = await this.inform(events);
    if (opened.status !== 200) return opened.status;
    for (const message of extra)
      await this.post(encodeEnvelope({ id: "x", namespace: "urn:dslforum-org:cwmp-1-2", body: message }));
    let answer = await this.post("");
    while (answer.status === 200 && answer.text !== "") {
      const envelope = decodeEnvelope(answer.text);
      this.asked.push(envelope.body);
      const body = this.overrides.get(envelope.body.method)?.(envelope.body) ?? this.answer(envelope.body);
      answer = await this.post(encodeEnvelope({ ...envelope, body }));
    }
    return answer.status;
  }

  /** Only the Inform; what follows is the test's. */
  async inform(events: (string | InformEvent)[]): Promise<{ status: number; text: string }> {
    const body = encodeEnvelope({
      id: "i1",
      namespace: "urn:dslforum-org:cwmp-1-2",
      body: {
        method: "Inform",
        deviceId: this.identity,
        events: events.map((event) =>
          typeof event === "string" ? { eventCode: event, commandKey: "" } : event,
        ),
        maxEnvelopes: 1,
        currentTime: new Date().toISOString(),
        retryCount: 0,
        parameters: [...this.informed].map((path) => this.read(path)),
      },
    });
    const answer = await this.post(body);
    if (answer.status !== 401 || this.username === "") return answer;
    const authorization = answerChallenge(answer.challenges, this, "POST", "/");
    return await this.post(body, authorization === undefined ? {} : { authorization });
  }

  async post(
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; text: string; challenges: string[]; headers: Headers }> {
    const response = await fetch(this.url, {
      method: "POST",
      body,
      headers: { ...headers, ...(this.cookie === "" ? {} : { cookie: this.cookie }) },
    });
    const cookie = response.headers.getSetCookie()[0]?.split(";", 1)[0];
    if (cookie !== undefined) this.cookie = cookie;
    const challenge = response.headers.get("www-authenticate");
    return {
      status: response.status,
      text: await response.text(),
      challenges: challenge === null ? [] : [challenge],
      headers: response.headers,
    };
  }

  read(path: string): ParameterValueStruct {
    const parameter = this.parameters.get(path);
    if (!parameter) throw new Error(`the scripted box has no ${path}`);
    return { path, value: parameter.secret ? "" : parameter.value, type: parameter.type };
  }

  answer(message: CwmpMessage): CwmpMessage {
    const paths = (name: string): string[] =>
      [...this.parameters.keys()].filter(
        (path) => path === name || (name.endsWith(".") && path.startsWith(name)),
      );
    if (message.method === "GetParameterNames")
      return {
        method: "GetParameterNamesResponse",
        parameters: paths(message.path).map((path) => ({
          path,
          writable: this.parameters.get(path)?.writable ?? false,
        })),
      };
    if (message.method === "GetParameterValues") {
      const found = message.names.flatMap(paths);
      if (found.length === 0) return fault(9005, "Invalid parameter name");
      return { method: "GetParameterValuesResponse", parameters: found.map((path) => this.read(path)) };
    }
    if (message.method === "SetParameterValues") {
      for (const { path, value } of message.parameters) {
        const parameter = this.parameters.get(path);
        if (!parameter) return fault(9003, "Invalid arguments", path);
        parameter.value = value;
      }
      this.define("Device.ManagementServer.ParameterKey", message.parameterKey, { informed: true });
      return { method: "SetParameterValuesResponse", status: 0 };
    }
    if (message.method === "Download") {
      const never = "0001-01-01T00:00:00Z";
      return { method: "DownloadResponse", status: 1, startTime: never, completeTime: never };
    }
    if (message.method === "Reboot") this.rebooted = true;
    if (message.method === "Reboot" || message.method === "FactoryReset")
      return { method: `${message.method}Response` };
    return fault(9000, "Method not supported");
  }
}

/** A CPE's fault, with the parameter that it names. */
export function fault(code: number, text: string, path?: string): CwmpMessage {
  return {
    method: "Fault",
    faultCode: code,
    faultString: text,
    soapCode: "Client",
    ...(path === undefined
      ? {}
      : { setParameterFaults: [{ path, code: 9007, message: "Invalid parameter value" }] }),
  };
}
