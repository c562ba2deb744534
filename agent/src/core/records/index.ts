export * from "./call-record.ts";
export * from "./journal-entry.ts";
export * from "./build.ts";
