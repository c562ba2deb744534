import { sql, type Expression, type SqlBool } from "kysely";
import { ApiProblem } from "./problem.ts";

/** Where a list ordered newest first goes on: the last row's moment and id. */
export type Position = { at: Date; id: string };

export function encodePosition({ at, id }: Position): string {
  return Buffer.from(`${at.getTime()} ${id}`).toString("base64url");
}

/** @throws ApiProblem `invalid-request` when the text is not one of ours */
export function decodePosition(text: string): Position {
  const match = /^(-?\d{1,15}) (.{1,300})$/u.exec(Buffer.from(text, "base64url").toString());
  const at = new Date(Number(match?.[1]));
  if (!match?.[2] || Number.isNaN(at.getTime())) throw badCursor();
  return { at, id: match[2] };
}

export function encodeKey(key: string): string {
  return Buffer.from(key).toString("base64url");
}

/** @throws ApiProblem `invalid-request` when nothing readable is in it */
export function decodeKey(text: string): string {
  const key = Buffer.from(text, "base64url").toString();
  if (key === "" || /\p{Cc}|\uFFFD/u.test(key)) throw badCursor();
  return key;
}

function badCursor(): ApiProblem {
  return new ApiProblem(
    "invalid-request",
    "querystring.after: not a cursor of this list.",
    "Pass `next` of the page before, unchanged, or leave `after` out.",
  );
}

/** Condition "after `position`" for a list ordered by a time and a uuid, both descending. @throws ApiProblem `invalid-request` */
export function olderThan(timeColumn: string, idColumn: string, position: Position): Expression<SqlBool> {
  if (!/^[0-9a-f-]{36}$/i.test(position.id)) throw badCursor();
  return sql<SqlBool>`(${sql.ref(timeColumn)}, ${sql.ref(idColumn)}) < (${position.at}, ${position.id}::uuid)`;
}

/** Cuts a result that was asked for with one row too many into a page and the cursor of the next. */
export function cutPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
  cursorOf: (row: Row) => string,
): { items: Item[]; next: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(toItem),
    next: rows.length > limit && last !== undefined ? cursorOf(last) : null,
  };
}

/** A LIKE pattern that finds `part` anywhere; its own wildcards mean themselves. */
export function containing(part: string): string {
  return `%${part.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
}
