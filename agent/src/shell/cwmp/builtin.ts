/**
 * node:http without `import`: importing it reads every export, and reading one of them (WebSocket) loads the whole of
 * fetch: 14 MB resident on a box that has little. Types are imported as ever; they cost nothing.
 */
export const http = process.getBuiltinModule("node:http");

/** node:https, and with it TLS (5 MB), only for those who need it. */
export const loadHttps = () => process.getBuiltinModule("node:https");

/** node:zlib, only for those who compress. */
export const loadZlib = () => process.getBuiltinModule("node:zlib");
