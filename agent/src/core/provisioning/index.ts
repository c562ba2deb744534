export * from "./account.ts";
export * from "./choices.ts";
export * from "./features.ts";
export * from "./line-setup.ts";
export * from "./media.ts";
export * from "./paths.ts";
export * from "./sounds.ts";
export * from "./status.ts";
