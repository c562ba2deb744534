export * from "./evaluate.ts";
export * from "./number.ts";
export { hostMatches } from "./registrar.ts";
