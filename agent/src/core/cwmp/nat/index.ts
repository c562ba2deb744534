/** Connection requests through a NAT (TR-069 Annex G); the ACS uses the same codecs. */
export {
  type Binding,
  type BindingEffect,
  type BindingEvent,
  keepAliveLimits,
  startBinding,
  stepBinding,
} from "./binding.ts";
export { decodeStun, encodeStun, type ReceivedStun, type StunMessage, type UdpAddress } from "./stun.ts";
export {
  type Accepted,
  acceptOnce,
  decodeUdpRequest,
  encodeUdpRequest,
  signedText,
  type UdpConnectionRequest,
} from "./udp-request.ts";
