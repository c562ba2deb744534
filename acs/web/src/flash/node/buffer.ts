import { Buffer } from "buffer";

/* The flash tool's codecs use Node's Buffer as a global: this must be imported before the first of them. */
Object.assign(globalThis, { Buffer });

export { Buffer };
