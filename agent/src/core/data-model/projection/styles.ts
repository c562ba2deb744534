import { gatewayMappings } from "./gateway.ts";
import type { Mapping } from "./mapping.ts";
import type { ModelStyle } from "./style-names.ts";
import { voiceMappings } from "./voice.ts";

export type Style = {
  root: string;
  /** Made when a view is: most boxes need none. */
  mappings: () => readonly Mapping[];
  /** Parts of the device's own tree that show as they are: its prefix, and that of the view. */
  shown: (path: string) => boolean;
};

const voice = "Device.Services.VoiceService.";

/** The styles that are not the device's own. */
export const styles: Readonly<Record<Exclude<ModelStyle, "device-2">, Style>> = {
  "device-2-voice-1": {
    root: "Device.",
    mappings: voiceMappings,
    shown: (path) => !path.startsWith(voice),
  },
  "gateway-1": {
    root: "InternetGatewayDevice.",
    mappings: () => [...gatewayMappings(), ...voiceMappings()],
    // Our own objects have a place in every model (TR-106 §3.3).
    shown: (path) => path.startsWith("Device.X_TONALITE_"),
  },
};
