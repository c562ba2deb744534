import type { DataModel } from "./data-model.ts";

/**
 * The tree as a management protocol sees it. `read`, `names`, `write`, rows, declarations and changes speak the names
 * of the view; `value` and `publish` always those of the device itself.
 */
export type ModelView = Pick<
  DataModel,
  | "read"
  | "names"
  | "write"
  | "addRow"
  | "deleteRow"
  | "declaration"
  | "isProvided"
  | "informParameters"
  | "informWishes"
  | "subscribe"
  | "value"
  | "publish"
>;
