const service = "Device.Services.VoiceService.1.";

/** Where a line's settings stand in the data model. `line` counts from 0, instances from 1. */
export function linePaths(line: number) {
  const instance = line + 1;
  return {
    callControl: `${service}CallControl.Line.${instance}.`,
    client: `${service}SIP.Client.${instance}.`,
    network: `${service}SIP.Network.${instance}.`,
    features: `${service}CallControl.CallingFeatures.Set.${instance}.`,
    port: `${service}POTS.FXS.${instance}.`,
    numberingPlan: `${service}CallControl.NumberingPlan.1.`,
  } as const;
}

export const termsPath = "Device.X_TONALITE_Terms.";
