import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/* `vite dev` shows a running ACS: TONALITE_ACS=http://127.0.0.1:8080 npx vite dev acs/web */
const acs = process.env["TONALITE_ACS"] ?? "http://127.0.0.1:8080";

/** The built page runs its own files only, whatever a device or a far end may have put into a name. */
const contentPolicy: Plugin = {
  name: "content-policy",
  apply: "build",
  transformIndexHtml: () => [
    {
      tag: "meta",
      injectTo: "head-prepend",
      attrs: {
        "http-equiv": "Content-Security-Policy",
        content:
          "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'",
      },
    },
  ],
};

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), contentPolicy],
  // The flash tool's core is the terminal's; what it uses of Node has a stand-in here.
  resolve: {
    alias: {
      "node:zlib": `${import.meta.dirname}/src/flash/node/zlib.ts`,
      "node:crypto": `${import.meta.dirname}/src/flash/node/crypto.ts`,
    },
  },
  build: { outDir: "dist", emptyOutDir: true, target: "es2022", chunkSizeWarningLimit: 700 },
  server: { host: "127.0.0.1", proxy: { "/api": acs, "/docs": acs } },
});
