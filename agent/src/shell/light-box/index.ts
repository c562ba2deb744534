export { createLightBox, type LightBox, type LightBoxLog, type LightBoxOptions } from "./light-box.ts";
