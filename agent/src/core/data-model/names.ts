import type { ManagedRows } from "./managed-rows.ts";
import { isWritable } from "./parameter.ts";
import type { Tree } from "./tree.ts";

/** An object, which ends with ".", or a parameter, and what management may do with it. */
export type Name = { path: string; writable: boolean };

/** Names of one path with all below it, or of the level under it: objects first. @throws DataModelError INVALID_NAME */
export function namesBelow(tree: Tree, managed: ManagedRows, path: string, nextLevel: boolean): Name[] {
  const exact = tree.find(path);
  if (exact !== undefined && !nextLevel) return [{ path, writable: isWritable(exact.parameter.declaration) }];
  const objects: Name[] = [];
  const parameters: Name[] = [];
  for (const node of tree.below(path)) {
    if (!nextLevel || isChild(path, node.path))
      objects.push({ path: node.path, writable: managed.has(node.path) || managed.hasRoom(node.path) });
    if (nextLevel && node.path !== path) continue;
    for (const [name, { declaration }] of node.template.parameters)
      parameters.push({ path: node.path + name, writable: isWritable(declaration) });
  }
  return [...objects, ...parameters];
}

/** Whether an object is one level under another. */
function isChild(parent: string, object: string): boolean {
  const rest = object.slice(parent.length);
  return rest !== "" && rest.indexOf(".") === rest.length - 1;
}
