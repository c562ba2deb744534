import { create } from "qrcode";

/** What a box's label says. */
export type LabelContent = {
  model: string;
  serial: string;
  mac: string | undefined;
  /** absent for a box that no ACS gave one */
  claimCode: string | undefined;
  /** whose box it is, in words (Interfone, particular conditions 8.2.1: the label says where the box belongs) */
  owner: string | undefined;
};

/** A label as millimetres from its top left corner: what both printers draw. */
export type Drawing = {
  width: number;
  height: number;
  rectangles: { x: number; y: number; width: number; height: number }[];
  /** `y` is the base line, `size` the height of the letters' em; `mono` for what is typed off */
  texts: { x: number; y: number; size: number; text: string; bold: boolean; mono: boolean }[];
};

/** Labels of the common 62 mm rolls, cut at 29 mm. */
const width = 62;
const height = 29;
const edge = 2;
const codeSide = 21;
// ISO/IEC 18004 §6.3.8: four modules of white around the code; the roll is white beyond the edge.
const quiet = 4;

/** What the code on the label says: the same as its text, for a scanner. */
export function labelCode({ serial, mac, claimCode }: LabelContent): string {
  const query = new URLSearchParams({
    s: serial,
    ...(mac === undefined ? {} : { m: mac.toUpperCase() }),
    ...(claimCode === undefined ? {} : { c: claimCode }),
  });
  return `tonalite:box?${query.toString()}`;
}

/** Draws a label. A text that is too long for its line is set smaller, down to what can be read, then cut with “…”. */
export function drawLabel(content: LabelContent): Drawing {
  const { modules } = create(labelCode(content), { errorCorrectionLevel: "M" });
  const module = codeSide / (modules.size + 2 * quiet);
  const left = width - codeSide;
  const top = edge;
  const rectangles: Drawing["rectangles"] = [];
  for (let row = 0; row < modules.size; row += 1)
    for (let column = 0; column < modules.size; column += 1)
      if (modules.get(row, column))
        rectangles.push({
          x: left + (column + quiet) * module,
          y: top + (row + quiet) * module,
          // A hair wider, or a printer leaves white lines between modules.
          width: module * 1.02,
          height: module * 1.02,
        });
  const room = left - edge;
  const texts: Drawing["texts"] = [];
  const put = (
    y: number,
    size: number,
    text: string,
    look: { bold?: boolean; mono?: boolean; room?: number },
  ) =>
    texts.push({
      x: edge,
      y,
      ...fit(text, size, look.room ?? room, look.mono === true),
      bold: look.bold === true,
      mono: look.mono === true,
    });
  put(5.4, 3.6, content.model, { bold: true });
  put(10, 2.6, `S/N ${content.serial}`, { mono: true });
  if (content.mac !== undefined) put(13.8, 2.6, `MAC ${content.mac.toUpperCase()}`, { mono: true });
  if (content.claimCode !== undefined) put(19.4, 3.4, content.claimCode, { mono: true, bold: true });
  ownerLines(content.owner ?? "").forEach((line, index) =>
    put(24.4 + index * 2.6, ownerSize, line, { room: width - 2 * edge }),
  );
  return { width, height, rectangles, texts };
}

// DejaVu's letters are about this wide, as a part of their size; the mono face's are exactly so.
const advance = { plain: 0.58, mono: 0.602 };
const smallest = 1.6;

const ownerSize = 2.1;
const ownerLetters = Math.floor((width - 2 * edge) / (ownerSize * advance.plain));

// Two lines at most; the second takes what is left, and is set smaller where it must.
function ownerLines(text: string): string[] {
  if (text.length <= ownerLetters) return text === "" ? [] : [text];
  const space = text.lastIndexOf(" ", ownerLetters);
  const cut = space > 0 ? space : ownerLetters;
  return [text.slice(0, cut), text.slice(cut).trim()];
}

function fit(text: string, size: number, room: number, mono: boolean): { size: number; text: string } {
  const advancing = mono ? advance.mono : advance.plain;
  const fitting = room / (Math.max(1, text.length) * advancing);
  if (fitting >= smallest) return { size: Math.min(size, fitting), text };
  const letters = Math.floor(room / (smallest * advancing));
  return { size: smallest, text: `${text.slice(0, letters - 1)}…` };
}
