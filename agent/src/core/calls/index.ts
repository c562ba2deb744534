export * from "./call-book.ts";
export * from "./call-ending.ts";
export * from "./caller-display.ts";
