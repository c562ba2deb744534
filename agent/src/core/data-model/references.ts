import type { ParameterDeclaration } from "./declaration.ts";
import { templateOf } from "./template.ts";
import type { Tree } from "./tree.ts";

const items = (value: string): string[] => (value === "" ? [] : value.split(","));

/** Why a value does not name existing rows of the table that its parameter refers to. */
export function referenceProblem(
  tree: Tree,
  { refers }: ParameterDeclaration,
  value: string,
): { code: 9007; message: string } | undefined {
  if (refers === undefined) return undefined;
  const good = items(value).every(
    (row) => templateOf(`${row}.`) === `${refers}{i}.` && tree.node(`${row}.`) !== undefined,
  );
  return good ? undefined : { code: 9007, message: `must name rows of ${refers} that exist` };
}

/** What parameters that refer to a row which is gone hold from now on (TR-106 §3.2.4: strong references). */
export function dropReferences(tree: Tree, row: string): { path: string; value: string }[] {
  const gone = row.slice(0, -1);
  const changed: { path: string; value: string }[] = [];
  for (const node of tree.nodes()) {
    for (const [name, value, { declaration }] of node.changed()) {
      if (declaration.refers === undefined) continue;
      const left = items(value).filter((item) => item !== gone);
      if (left.length < items(value).length) changed.push({ path: node.path + name, value: left.join(",") });
    }
  }
  return changed;
}
