import { defineConfig } from "vitest/config";

/** Unit tests beside the code; end-to-end tests drive whole processes and must not share the machine with each other. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["{device-profiles,agent,acs,scripts}/**/*.test.ts"],
          exclude: ["**/node_modules/**", "**/dist/**", "**/build/**", "**/.types/**"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          // Long waits bound a failure on a busy machine; they are no claim about speed.
          expect: { poll: { timeout: 20_000 } },
        },
      },
      {
        test: {
          name: "e2e",
          include: ["tests/**/*.test.ts"],
          exclude: ["**/node_modules/**", "**/.types/**"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
