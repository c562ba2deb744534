import { DataModel } from "../data-model.ts";
import { deviceModel } from "./index.ts";

const service = "Device.Services.VoiceService.1.";

/**
 * The tree of a box with so many telephone ports, every value at its default: two firmware slots, one USP connection,
 * the two G.711 codecs, and per line a port, a SIP client with its network, and a call control line wired together.
 */
export function createDeviceModel({ lines }: { lines: number }): DataModel {
  const model = new DataModel(deviceModel);
  for (const slot of [1, 2]) model.addInstance("Device.DeviceInfo.FirmwareImage.", slot);
  model.addInstance("Device.LocalAgent.MTP.", 1);
  model.addInstance("Device.LocalAgent.Controller.", 1);
  model.addInstance("Device.MQTT.Client.", 1);
  model.addInstance("Device.Services.VoiceService.", 1);
  for (const [index, codec] of ["G.711ALaw", "G.711MuLaw"].entries()) {
    const row = index + 1;
    model.addInstance(`${service}Capabilities.Codec.`, row);
    model.publish(`${service}Capabilities.Codec.${row}.Codec`, codec);
    model.addInstance(`${service}CodecProfile.`, row);
    model.publish(`${service}CodecProfile.${row}.Codec`, `${service}Capabilities.Codec.${row}`);
  }
  model.addInstance(`${service}VoIPProfile.`, 1);
  model.addInstance(`${service}CallControl.NumberingPlan.`, 1);
  model.publish(`${service}Capabilities.MaxLineCount`, String(lines));
  model.publish(`${service}Capabilities.MaxSessionCount`, String(lines));
  for (let line = 1; line <= lines; line += 1) addLine(model, line);
  return model;
}

/** References name a row without the dot at its end (TR-106 §3.2.4; USP follows them with `+.`). */
function addLine(model: DataModel, line: number): void {
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
    `${service}CodecProfile.1,${service}CodecProfile.2`,
  );
  model.publish(`${service}CallControl.Line.${line}.Provider`, `${service}SIP.Client.${line}`);
}
