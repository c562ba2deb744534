/** What the image of a board must know of the agent that it starts. */
export { boardSlots, kernelFile, rootFile, type BoardSlots } from "../update/board-slots.ts";
export { allocator, nodeFlags } from "./frugal.ts";
