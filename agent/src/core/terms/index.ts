export * from "./evaluate.ts";
export * from "./fax.ts";
export * from "./number.ts";
export { hostMatches } from "./registrar.ts";
