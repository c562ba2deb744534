/** The update engine in a simulated box whose power goes: what `npm run faults` runs. */
export { live, livesOf, type Life } from "./life.ts";
