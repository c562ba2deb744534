export * from "./digit-map.ts";
export * from "./plan.ts";
export * from "./service-code.ts";
