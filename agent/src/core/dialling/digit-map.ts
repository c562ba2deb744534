/**
 * Digit maps in the grammar of MGCP (RFC 3435 §2.1.5), which TR-104 issue 1 and H.248.1 §7.1.14 share:
 * `(15|17|18|112|0[1-79]xxxxxxxx|00x.T|*xx#)`. Letters: 0-9 * # A-D; `x` any of 0-9; `[…]` a choice with ranges; `.` the
 * element before it, none or many times; T, S or L at the end: only silence completes it. Matching is early: a number goes
 * out the moment nothing longer can come of it.
 */

/** Silence that completes a number: T and S the time between digits of a complete number, L that of an incomplete one. */
export type MapTimer = "short" | "long";

/** How far digits have come in a map. */
export type MapProgress =
  | { readonly progress: "impossible" }
  | { readonly progress: "incomplete" }
  /** May be dialled after silence, may also grow. */
  | { readonly progress: "sufficient"; readonly timer: MapTimer }
  | { readonly progress: "complete" };

type Element = { readonly digits: string; readonly many: boolean };
type Alternative = { readonly elements: readonly Element[]; readonly timer: MapTimer | null };
export type DigitMap = readonly Alternative[];

export type MapParse =
  | { readonly ok: true; readonly map: DigitMap }
  /** `at`: the character, from 0. */
  | { readonly ok: false; readonly problem: string; readonly at: number };

const longestMap = 2048;
const letters = "0123456789*#ABCD";
const anyDigit = "0123456789";
const timers: Readonly<Record<string, MapTimer>> = { T: "short", S: "short", L: "long" };

class Problem extends Error {
  override readonly name = "Problem";
  readonly at: number;
  constructor(problem: string, at: number) {
    super(problem);
    this.at = at;
  }
}

/** Reads a digit map. Total: every text has an answer, in time that grows with its length only. */
export function parseDigitMap(text: string): MapParse {
  if (text.length > longestMap) return { ok: false, problem: `longer than ${longestMap}`, at: longestMap };
  try {
    const [from, to] = withoutParentheses(text);
    const map: Alternative[] = [];
    for (let start = from; start <= to;) {
      const bar = text.indexOf("|", start);
      const end = bar < 0 || bar > to ? to : bar;
      map.push(parseAlternative(text, start, end));
      start = end + 1;
    }
    return { ok: true, map };
  } catch (error) {
    if (error instanceof Problem) return { ok: false, problem: error.message, at: error.at };
    throw error;
  }
}

/** The span of the list: RFC 3435 has it in parentheses unless it is a single string. */
function withoutParentheses(text: string): [number, number] {
  const from = text.length - text.trimStart().length;
  const to = text.trimEnd().length;
  if (text[from] !== "(") {
    const bar = text.indexOf("|");
    if (bar >= 0) throw new Problem("a choice stands in parentheses", bar);
    return [from, to];
  }
  if (text[to - 1] !== ")" || to - from < 2) throw new Problem("no closing parenthesis", to);
  return [from + 1, to - 1];
}

function parseAlternative(text: string, from: number, to: number): Alternative {
  const elements: Element[] = [];
  let timer: MapTimer | null = null;
  for (let at = from; at < to;) {
    const character = (text[at] ?? "").toUpperCase();
    if (timer !== null) throw new Problem("nothing may follow a timer", at);
    const named = timers[character];
    if (named) {
      timer = named;
      at += 1;
      continue;
    }
    const [digits, next] = parsePosition(text, at, to);
    const many = text[next] === "." && next < to;
    elements.push({ digits, many });
    at = many ? next + 1 : next;
  }
  if (elements.length === 0) throw new Problem("an empty string of digits", from);
  return { elements, timer };
}

/** @returns the digits that fit there, and where the next position begins. */
function parsePosition(text: string, at: number, to: number): [string, number] {
  const character = (text[at] ?? "").toUpperCase();
  if (character === "X") return [anyDigit, at + 1];
  if (letters.includes(character)) return [character, at + 1];
  if (character !== "[") throw new Problem(`"${text[at] ?? ""}" means nothing here`, at);
  const close = text.indexOf("]", at);
  if (close < 0 || close >= to) throw new Problem("no closing bracket", at);
  if (close === at + 1) throw new Problem("an empty choice", at);
  return [parseChoice(text, at + 1, close), close + 1];
}

function parseChoice(text: string, from: number, to: number): string {
  let digits = "";
  for (let at = from; at < to; at += 1) {
    const first = (text[at] ?? "").toUpperCase();
    if (first === "X") digits += anyDigit;
    else if (!letters.includes(first)) throw new Problem(`"${first}" in a choice`, at);
    else if (text[at + 1] === "-") {
      const last = text[at + 2] ?? "";
      if (at + 2 >= to || !anyDigit.includes(first) || !anyDigit.includes(last) || last < first)
        throw new Problem("a range goes from a digit up to a digit", at);
      digits += anyDigit.slice(Number(first), Number(last) + 1);
      at += 2;
    } else digits += first;
  }
  return digits;
}

/** Judges digits while they are dialled. Time grows with the digits and the map, never with their product's powers. */
export function mapProgress(digits: string, map: DigitMap): MapProgress {
  let timer: MapTimer | null = null;
  let finished = false;
  let grows = false;
  for (const alternative of map) {
    const { elements } = alternative;
    const reached = follow(digits, elements);
    for (const position of reached) {
      if (position < elements.length) {
        grows = true;
        continue;
      }
      if (alternative.timer === null) finished = true;
      else timer = timer === "short" ? "short" : alternative.timer;
    }
  }
  if (!finished && timer === null) return { progress: grows ? "incomplete" : "impossible" };
  if (finished && !grows) return { progress: "complete" };
  return { progress: "sufficient", timer: finished ? "short" : (timer ?? "short") };
}

/** Every position that digits may have led to. An element that may come many times stays current after a match. */
function follow(digits: string, elements: readonly Element[]): Set<number> {
  let now = withSkipped(new Set([0]), elements);
  for (const digit of digits) {
    const next = new Set<number>();
    for (const position of now) {
      const element = elements[position];
      if (element?.digits.includes(digit)) next.add(element.many ? position : position + 1);
    }
    now = withSkipped(next, elements);
    if (now.size === 0) break;
  }
  return now;
}

function withSkipped(positions: Set<number>, elements: readonly Element[]): Set<number> {
  // A set visits what is added while it is walked.
  for (const position of positions) if (elements[position]?.many) positions.add(position + 1);
  return positions;
}
