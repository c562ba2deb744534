import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { DataModel } from "../core/data-model/index.ts";
import type { KeyValueStore } from "../core/ports.ts";
import { linePaths } from "../core/provisioning/index.ts";
import type { AgentArguments } from "./arguments.ts";
import { ArgumentError } from "./arguments.ts";

const appliedKey = "flags.applied";

/**
 * Puts the command line's settings into the data model: once, and again when they changed. What management set since
 * stays, as on a box whose factory settings came first.
 * @throws ArgumentError for a password file that cannot be read or a value that the data model refuses.
 */
export function applyUserSettings(args: AgentArguments, model: DataModel, values: KeyValueStore): void {
  const changes = [...acsSettings(args), ...mqttSettings(args), ...sipSettings(args)];
  const fingerprint = createHash("sha256").update(JSON.stringify(changes)).digest("hex");
  if (changes.length === 0 || values.get(appliedKey) === fingerprint) return;
  const result = model.write(changes, "cli");
  if (!result.ok) {
    const [fault] = result.faults;
    throw new ArgumentError(`${fault?.path ?? ""}: ${fault?.message ?? "refused"}`);
  }
  values.set(appliedKey, fingerprint);
}

type Setting = { path: string; value: string };

function acsSettings(args: AgentArguments): Setting[] {
  const base = "Device.ManagementServer.";
  return [
    ...(args.acs === undefined ? [] : [{ path: `${base}URL`, value: args.acs }]),
    ...(args["acs-user"] === undefined ? [] : [{ path: `${base}Username`, value: args["acs-user"] }]),
    ...secret(`${base}Password`, args["acs-password-file"]),
  ];
}

function mqttSettings({ mqtt }: AgentArguments): Setting[] {
  if (mqtt === undefined) return [];
  const url = new URL(mqtt);
  const base = "Device.MQTT.Client.1.";
  const tls = url.protocol === "mqtts:";
  return [
    { path: `${base}BrokerAddress`, value: url.hostname },
    { path: `${base}BrokerPort`, value: url.port || (tls ? "8883" : "1883") },
    { path: `${base}TransportProtocol`, value: tls ? "TLS" : "TCP/IP" },
    ...(url.username === "" ? [] : [{ path: `${base}Username`, value: decodeURIComponent(url.username) }]),
    ...(url.password === "" ? [] : [{ path: `${base}Password`, value: decodeURIComponent(url.password) }]),
    { path: `${base}Enable`, value: "true" },
  ];
}

function sipSettings(args: AgentArguments): Setting[] {
  const { registrar } = args;
  if (registrar === undefined) return [];
  const user = args["sip-user"];
  if (user === undefined) throw new ArgumentError("--registrar needs --sip-user");
  const { callControl, client, network } = linePaths(0);
  const separator = registrar.lastIndexOf(":");
  const host = registrar.slice(0, separator).replaceAll(/[[\]]/g, "");
  return [
    { path: `${network}RegistrarServer`, value: host },
    { path: `${network}RegistrarServerPort`, value: registrar.slice(separator + 1) },
    { path: `${network}Enable`, value: "true" },
    { path: `${client}AuthUserName`, value: user },
    { path: `${client}RegisterURI`, value: `sip:${user}@${host}` },
    ...secret(`${client}AuthPassword`, args["sip-password-file"]),
    { path: `${client}Enable`, value: "true" },
    { path: `${callControl}DirectoryNumber`, value: user.slice(0, 32) },
    { path: `${callControl}Enable`, value: "true" },
  ];
}

function secret(path: string, file: string | undefined): Setting[] {
  if (file === undefined) return [];
  try {
    // Editors end files with a line break; no password ends with one.
    return [{ path, value: readFileSync(file, "utf8").replace(/\r?\n$/, "") }];
  } catch (error) {
    throw new ArgumentError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
