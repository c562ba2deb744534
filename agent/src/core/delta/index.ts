export { chunkLength, chunkSizes } from "./chunker.ts";
export { decodeChunkList, digestDigits, encodeChunkList, type Chunk } from "./chunk-list.ts";
export { planPayload, type PlanPiece } from "./plan.ts";
