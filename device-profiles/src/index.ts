export * from "./calendar.ts";
export * from "./schema.ts";
export { lintProfiles } from "./lint.ts";
export { lintRegion } from "./region-lint.ts";
export type { ProfileFinding } from "./lint.ts";
