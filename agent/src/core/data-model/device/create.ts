import type { Codec } from "../../ports.ts";
import { DataModel } from "../data-model.ts";
import { deviceModel } from "./index.ts";

const service = "Device.Services.VoiceService.1.";

/** The engine's codecs by TR-104's names. A codec's row is its own on every box: settings outlive a change of hardware. */
const codecRows = {
  PCMA: { row: 1, name: "G.711ALaw", bitRate: 64_000 },
  PCMU: { row: 2, name: "G.711MuLaw", bitRate: 64_000 },
  G722: { row: 3, name: "G.722", bitRate: 64_000 },
  "G726-32": { row: 4, name: "G.726", bitRate: 32_000 },
} as const satisfies Record<Codec, object>;

export type BoxShape = {
  lines: number;
  /** In order of preference; both kinds of G.711 when not given. */
  codecs?: readonly Codec[];
};

/**
 * The tree of a box with so many telephone ports, every value at its default: two firmware slots, one USP connection,
 * its codecs, and per line a port, a SIP client with its network, and a call control line wired together.
 */
export function createDeviceModel({ lines, codecs = ["PCMA", "PCMU"] }: BoxShape): DataModel {
  const model = new DataModel(deviceModel);
  for (const slot of [1, 2]) model.addInstance("Device.DeviceInfo.FirmwareImage.", slot);
  model.addInstance("Device.LocalAgent.MTP.", 1);
  model.addInstance("Device.LocalAgent.Controller.", 1);
  model.addInstance("Device.MQTT.Client.", 1);
  model.addInstance("Device.Services.VoiceService.", 1);
  for (const codec of codecs) {
    const { bitRate, name, row } = codecRows[codec];
    model.addInstance(`${service}Capabilities.Codec.`, row);
    model.publish(`${service}Capabilities.Codec.${row}.Codec`, name);
    model.publish(`${service}Capabilities.Codec.${row}.BitRate`, String(bitRate));
    model.publish(`${service}Capabilities.Codec.${row}.SilenceSuppression`, "true");
    model.addInstance(`${service}CodecProfile.`, row);
    model.publish(`${service}CodecProfile.${row}.Codec`, `${service}Capabilities.Codec.${row}`);
  }
  model.addInstance(`${service}VoIPProfile.`, 1);
  model.addInstance(`${service}CallControl.NumberingPlan.`, 1);
  model.publish(`${service}Capabilities.MaxLineCount`, String(lines));
  model.publish(`${service}Capabilities.MaxSessionCount`, String(2 * lines));
  for (let line = 1; line <= lines; line += 1) addLine(model, line, codecs);
  return model;
}

/** References name a row without the dot at its end (TR-106 §3.2.4; USP follows them with `+.`). */
function addLine(model: DataModel, line: number, codecs: readonly Codec[]): void {
  for (const table of ["POTS.FXS.", "SIP.Client.", "SIP.Network.", "CallControl.Line."]) {
    model.addInstance(service + table, line);
  }
  const features = `${service}CallControl.CallingFeatures.Set.`;
  model.addInstance(features, line);
  model.publish(`${service}CallControl.Line.${line}.CallingFeatures`, `${features}${line}`);
  model.publish(`${service}SIP.Client.${line}.Network`, `${service}SIP.Network.${line}`);
  model.publish(`${service}SIP.Network.${line}.VoIPProfile`, `${service}VoIPProfile.1`);
  model.publish(
    `${service}SIP.Network.${line}.CodecList`,
    codecs.map((codec) => `${service}CodecProfile.${codecRows[codec].row}`).join(","),
  );
  model.publish(`${service}CallControl.Line.${line}.Provider`, `${service}SIP.Client.${line}`);
}
