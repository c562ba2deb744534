/** How a server sees the box: as it is, with the voice of TR-104 issue 1, or as TR-098 had it. */
export const modelStyles = ["device-2", "device-2-voice-1", "gateway-1"] as const;
export type ModelStyle = (typeof modelStyles)[number];
