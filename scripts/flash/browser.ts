/** The field tool as far as a browser can run it (Web Serial): the same machines and the same order of work. */
export { BoardConsole } from "./console/console.ts";
export { usualSpeeds } from "./console/speed.ts";
export { boardKindsOf, type BoardKind } from "./job/board.ts";
export { textDisplay } from "./display.ts";
export { takeDiskImage, type DiskImage } from "./image.ts";
export { flashBoard, type FlashProgress, type FlashResult } from "./job/flash.ts";
export type { SerialLine } from "./line/line.ts";
export { say, sentenceFor, type Language } from "./messages.ts";
export { FlashError } from "./problem.ts";
export { decodeImageHeader } from "@tonalite/agent/core/firmware";
