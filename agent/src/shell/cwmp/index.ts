export { createCwmpClient } from "./client.ts";
export type { CwmpClient, CwmpClientOptions, CwmpHooks } from "./contract.ts";
export type { CwmpClock, CwmpLog } from "./clock.ts";
export { discoverAcs } from "./discovery.ts";
export { CwmpTransportError, type CwmpTransportErrorCode } from "./errors.ts";
export { logFile } from "./log-file.ts";
export type { DownloadWindow, PendingTransfer } from "./transfers.ts";
export { readTlsFiles, type TlsFiles } from "./tls-files.ts";
