/** How a box finds its ACS (TR-069 §3.1): DHCP options 43, 125, 66 and 160. */
export { BootstrapError, longestBootstrap, readBootstrapFile } from "./bootstrap-file.ts";
export { type AcsPlace, isConfigured, judgeOffer, type Setting } from "./choice.ts";
export { type AcsOffer, readVendorIdentifying, readVendorSpecific } from "./dhcp-options.ts";
export { type LeaseOffer, networkLease, readLease } from "./lease.ts";
