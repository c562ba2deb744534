import type { FlashProgress, Stage } from "./job/flash.ts";
import { say, sentenceFor, type Language } from "./messages.ts";
import { clockTime, paceOf } from "./meter.ts";
import { FlashError } from "./problem.ts";

export type Display = {
  show(progress: FlashProgress): void;
  line(text: string): void;
};

const atMostEveryMs = 200;

/** For people: one line a stage; on a terminal it moves. */
export function textDisplay(stream: NodeJS.WriteStream, language: Language, now: () => number): Display {
  const moving = stream.isTTY;
  let stage: Stage = "seek";
  let since = now();
  let shown = 0;
  const clear = moving ? "\r\x1b[K" : "";
  const line = (text: string) => stream.write(`${clear}${text}\n`);
  return {
    line,
    show(progress) {
      if (progress.type === "stage") {
        ({ stage } = progress);
        since = now();
        if (!moving) line(say(stage, language));
        else stream.write(`${clear}${say(stage, language)}…`);
      } else if (progress.type === "board") {
        const { kind, diskBytes } = progress.board;
        line(say("found", language, { name: kind.name, size: diskBytes / 2 ** 20 }));
        const { identity } = progress;
        if (identity) line(say("identity", language, { serial: identity.serial, mac: identity.mac ?? "-" }));
      } else if (progress.type === "ways") {
        const size = Math.ceil(progress.bytes / 1024);
        for (const { way, bytesPerSecond, seconds } of progress.estimates) {
          const rate = Math.round(bytesPerSecond / 1024);
          const details = { size, way: say(way, language), rate, left: clockTime(seconds) };
          line(say(way === progress.chosen ? "way-chosen" : "way-other", language, details));
        }
      } else if (progress.type === "way-failed") {
        const why = sentenceFor(new FlashError(progress.code, progress.details), language);
        line(say("way-failed", language, { way: say(progress.way, language), why }));
      } else if (progress.type === "again") line(say("again", language, { code: progress.code }));
      else if (moving && (now() - shown > atMostEveryMs || progress.done === progress.total)) {
        shown = now();
        const pace = paceOf(progress.done, progress.total, now() - since);
        const percent = Math.floor((progress.done * 100) / progress.total);
        const rate = Math.round(pace.bytesPerSecond / 1024);
        const left = say("left", language, { rate, left: clockTime(pace.secondsLeft) });
        stream.write(`${clear}${say(stage, language)} ${percent} % · ${left}`);
      }
    },
  };
}

/** For stations: a JSON document a line, each with its `type`. */
export function jsonDisplay(stream: NodeJS.WriteStream, now: () => number): Display {
  let since = now();
  let shown = 0;
  const write = (value: object) => stream.write(`${JSON.stringify(value)}\n`);
  return {
    line: (text) => write({ type: "note", text }),
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
