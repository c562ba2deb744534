/**
 * Every request and response of the HTTP API: one zod schema, one type of the same name. The console and the tests
 * read this file, so nothing in it may come from Node.
 */
export * from "./schemas/boxes.ts";
export * from "./schemas/campaigns.ts";
export * from "./schemas/common.ts";
export * from "./schemas/device.ts";
export * from "./schemas/diagnostics.ts";
export * from "./schemas/events.ts";
export * from "./schemas/management.ts";
export * from "./schemas/records.ts";
export * from "./schemas/terms.ts";
