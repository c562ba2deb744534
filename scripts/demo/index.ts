export { AcsApiError, acsApi, startAcs } from "./acs.ts";
export type { AcsApi, AcsPorts, AcsProcess } from "./acs.ts";
export { openPhone, startAta } from "./ata.ts";
export type { Ata, Phone } from "./ata.ts";
export { demoNumber, domain, services, startWorld } from "./world.ts";
export type { World, WorldOptions } from "./world.ts";
