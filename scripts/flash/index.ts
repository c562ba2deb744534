export { QemuBoard, qemuMissing } from "./simulator/qemu.ts";
export { imageWithEnvironment } from "./simulator/image.ts";
