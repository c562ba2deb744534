export { decodeEnvelope, encodeEnvelope } from "./envelope.ts";
export { CwmpError, type CwmpErrorCode } from "./error.ts";
export * from "./types.ts";
export { defaultXmlLimits, type XmlLimits } from "./xml.ts";
