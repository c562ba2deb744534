import type { FlashProgress, Stage } from "./job/flash.ts";
import { say, sentenceFor, type Language } from "./messages.ts";
import { clockTime, paceOf } from "./meter.ts";
import { FlashError } from "./problem.ts";
import type { Screen } from "./screen.ts";

export type Display = {
  show(progress: FlashProgress): void;
  line(text: string): void;
  /** The board is done with: its row goes. */
  end(): void;
};

const atMostEveryMs = 200;

/**
 * For people: what happens to one board.
 * @param board its port, said before each line where there are several
 */
export function textDisplay(
  screen: Screen,
  board: { port: string; alone: boolean },
  language: Language,
  now: () => number,
): Display {
  let stage: Stage = "seek";
  let since = now();
  let shown = 0;
  const prefix = board.alone ? "" : `${board.port}: `;
  const line = (text: string) => screen.line(`${prefix}${text}`);
  const row = (text: string) => screen.row(board.port, `${prefix}${text}`);
  return {
    line,
    end: () => screen.row(board.port, undefined),
    show(progress) {
      if (progress.type === "stage") {
        ({ stage } = progress);
        since = now();
        if (screen.moving) row(`${say(stage, language)}…`);
        else line(say(stage, language));
      } else if (progress.type !== "amount") for (const text of facts(progress, language)) line(text);
      else if (now() - shown >= atMostEveryMs || progress.done === progress.total) {
        shown = now();
        row(`${say(stage, language)} ${amountText(progress, now() - since, language)}`);
      }
    },
  };
}

function amountText(
  { done, total }: { done: number; total: number },
  ms: number,
  language: Language,
): string {
  const pace = paceOf(done, total, ms);
  const percent = Math.floor((done * 100) / Math.max(1, total));
  const rate = Math.round(pace.bytesPerSecond / 1024);
  return `${percent} % · ${say("left", language, { rate, left: clockTime(pace.secondsLeft) })}`;
}

type Fact = Exclude<FlashProgress, { type: "stage" | "amount" }>;

function facts(progress: Fact, language: Language): string[] {
  if (progress.type === "again") return [say("again", language, { code: progress.code })];
  if (progress.type === "way-failed") {
    const why = sentenceFor(new FlashError(progress.code, progress.details), language);
    return [say("way-failed", language, { way: say(progress.way, language), why })];
  }
  if (progress.type === "ways") {
    const size = Math.ceil(progress.bytes / 1024);
    return progress.estimates.map(({ way, bytesPerSecond, seconds }, index) => {
      const details = {
        way: say(way, language),
        rate: Math.round(bytesPerSecond / 1024),
        left: clockTime(seconds),
      };
      return say(index === 0 ? "way-chosen" : "way-other", language, { size, ...details });
    });
  }
  if (progress.type === "backup")
    return [
      say("backup-amount", language, {
        size: Math.ceil(progress.bytes / 1024),
        disk: progress.diskBytes / 2 ** 20,
        left: clockTime(progress.seconds),
      }),
    ];
  const { board, identity } = progress;
  const found = say("found", language, { name: board.kind.name, size: board.diskBytes / 2 ** 20 });
  if (!identity) return [found];
  return [found, say("identity", language, { serial: identity.serial, mac: identity.mac ?? "-" })];
}

/** For stations: a JSON document a line, each with its `type` and its port. */
export function jsonDisplay(
  stream: { write(text: string): unknown },
  port: string,
  now: () => number,
): Display {
  let since = now();
  let shown = 0;
  const write = (value: object) => stream.write(`${JSON.stringify({ port, ...value })}\n`);
  return {
    line: (text) => write({ type: "note", text }),
    end: () => undefined,
    show(progress) {
      if (progress.type === "stage") since = now();
      if (progress.type === "board") {
        const { kind, banner, serial, mac, diskBytes } = progress.board;
        const { identity } = progress;
        write({
          type: "board",
          profile: kind.profile,
          uBoot: banner,
          serial: identity?.serial ?? serial,
          mac: identity?.mac ?? mac,
          diskBytes,
        });
      } else if (progress.type !== "amount") write(progress);
      else if (now() - shown > atMostEveryMs || progress.done === progress.total) {
        shown = now();
        write({ ...progress, ...paceOf(progress.done, progress.total, now() - since) });
      }
    },
  };
}
