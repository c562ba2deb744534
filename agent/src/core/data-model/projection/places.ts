import { templateOf } from "../template.ts";
import type { Indexes } from "./mapping.ts";

const letters = /\{(\w)\}/g;
/** A path of its template. */
export const fill = (template: string, indexes: Indexes): string =>
  template.replaceAll(letters, (_whole, letter: string) => String(indexes[letter] ?? 0));
/** Every instance number and letter alike: the key under which a path finds its mapping. */
export const keyOf = (path: string): string => templateOf(path.replaceAll(letters, "1"));

/** The letters of a template, in their order. */
export const lettersOf = (template: string): string[] =>
  [...template.matchAll(letters)].map(([, letter = ""]) => letter);

/** The objects that a parameter stands in, the outermost first. */
export function objectsOf(path: string): string[] {
  const objects: string[] = [];
  for (let dot = path.indexOf("."); dot !== -1; dot = path.indexOf(".", dot + 1))
    objects.push(path.slice(0, dot + 1));
  return objects;
}

/** The numbers that make a path of a template; undefined when it is another's. */
export function match(template: string, path: string): Indexes | undefined {
  const parts = path.split(".");
  const indexes: Record<string, number> = {};
  for (const [position, part] of template.split(".").entries()) {
    const letter = /^\{(\w)\}$/.exec(part)?.[1];
    if (letter === undefined) {
      if (part !== parts[position]) return undefined;
    } else indexes[letter] = Number(parts[position]);
  }
  return indexes;
}
