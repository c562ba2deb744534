export { freeTcpPort, freeUdpPort, startChild } from "./child.ts";
export type { Child } from "./child.ts";
export { startRegistrar } from "./registrar.ts";
export type { Registrar, RegistrarOptions, Subscriber } from "./registrar.ts";
export { placeCall, startFarEnd } from "./far-end.ts";
export type { FarEnd, FarEndBehaviour, IncomingCall } from "./far-end.ts";
export { startSpeaker } from "./speaker.ts";
export type { Speaker } from "./speaker.ts";
