export type { SerialLine } from "./line/line.ts";
export { serialPace } from "./job/carrier.ts";
export { clockTime } from "./meter.ts";
export { planWork, spans, windowSize } from "./job/plan.ts";
export { createSender, stepSender, type SenderEvent, type SenderState } from "./modem/index.ts";
export { imageWithEnvironment } from "./simulator/image.ts";
export { QemuBoard, qemuMissing } from "./simulator/qemu.ts";
