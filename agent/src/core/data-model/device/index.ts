import type { ObjectDeclaration } from "../declaration.ts";
import { deviceInfo } from "./device-info.ts";
import { faultManagement } from "./fault-management.ts";
import { ipDiagnostics } from "./ip-diagnostics.ts";
import { localAgent } from "./local-agent.ts";
import { managementServer } from "./management-server.ts";
import { mqtt } from "./mqtt.ts";
import { network } from "./network.ts";
import { time } from "./time.ts";
import { vendor } from "./vendor.ts";
import { voiceCallControl } from "./voice-call-control.ts";
import { voiceCallLog } from "./voice-call-log.ts";
import { voiceCallingFeatures } from "./voice-calling-features.ts";
import { voicePots } from "./voice-pots.ts";
import { voiceProfiles } from "./voice-profiles.ts";
import { voiceService } from "./voice-service.ts";
import { voiceSip } from "./voice-sip.ts";
import { voiceTones } from "./voice-tones.ts";

/** Every object and parameter of the device, declared once (TR-181 2.16, TR-104 2.0 and our own). */
export const deviceModel: readonly ObjectDeclaration[] = [
  ...deviceInfo,
  ...managementServer,
  ...time,
  ...network,
  ...ipDiagnostics,
  ...faultManagement,
  ...localAgent,
  ...mqtt,
  ...voiceService,
  ...voicePots,
  ...voiceSip,
  ...voiceCallControl,
  ...voiceCallingFeatures,
  ...voiceProfiles,
  ...voiceTones,
  ...voiceCallLog,
  ...vendor,
];
