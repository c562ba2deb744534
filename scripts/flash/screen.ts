/** Where people watch: lines that stay, and below them a row for each board that moves, on a terminal. */
export type Screen = {
  line(text: string): void;
  /** Replaces a board's row; undefined takes it away. Nothing where there is no terminal. */
  row(board: string, text: string | undefined): void;
  readonly moving: boolean;
};

type Stream = { isTTY?: boolean; columns?: number; write(text: string): unknown };

export function createScreen(stream: Stream): Screen {
  const moving = stream.isTTY === true;
  const rows = new Map<string, string>();
  let drawn = 0;
  const draw = (above: string): void => {
    const up = drawn > 0 ? `\x1b[${drawn}A\x1b[J` : "";
    const width = Math.max(20, stream.columns ?? 80) - 1;
    const below = [...rows.values()].map((row) => `${row.slice(0, width)}\n`).join("");
    drawn = rows.size;
    stream.write(`${up}${above}${below}`);
  };
  return {
    moving,
    line: (text) => (moving ? draw(`${text}\n`) : void stream.write(`${text}\n`)),
    row(board, text) {
      if (!moving) return;
      if (text === undefined) rows.delete(board);
      else rows.set(board, text);
      draw("");
    },
  };
}
