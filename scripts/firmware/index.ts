export { buildImage, inspectImage, type ImageOrder, type ImageReport } from "./image.ts";
export { createKeyPair, keyIdOf, readPrivateKey, readTrust, type KeyPair } from "./keys.ts";
export { FirmwareToolError } from "./problem.ts";
