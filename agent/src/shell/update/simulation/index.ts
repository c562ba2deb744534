/** The update engine in a simulated box whose power goes: what `npm run faults` runs. */
export { lifeOf, live, type Life } from "./life.ts";
