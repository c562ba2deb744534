/**
 * Node's own modules that only a test of the network needs, loaded by the first one: an `import` would load them with the
 * agent (see shell/cwmp/builtin.ts). Types are imported as ever.
 */
export const loadDns = () => process.getBuiltinModule("node:dns").promises;
export const loadHttp = () => process.getBuiltinModule("node:http");
export const loadChildProcess = () => process.getBuiltinModule("node:child_process");
