import { createRequire } from "node:module";
import { Resvg } from "@resvg/resvg-js";
import PdfDocument from "pdfkit";
import type { Drawing } from "./label.ts";

const resolve = createRequire(import.meta.url).resolve;
const font = (name: string): string => resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`);
/** The faces, in files: a label looks the same on every station. */
const faces = {
  plain: { family: "DejaVu Sans", weight: 400, file: font("DejaVuSans") },
  bold: { family: "DejaVu Sans", weight: 700, file: font("DejaVuSans-Bold") },
  mono: { family: "DejaVu Sans Mono", weight: 400, file: font("DejaVuSansMono") },
  monoBold: { family: "DejaVu Sans Mono", weight: 700, file: font("DejaVuSansMono-Bold") },
} as const;

const pointsPerMillimetre = 72 / 25.4;

function faceOf({ bold, mono }: Drawing["texts"][number]): keyof typeof faces {
  if (mono) return bold ? "monoBold" : "mono";
  return bold ? "bold" : "plain";
}

/** A drawing as PDF: one page of its size, for a printer's queue. */
export function printPdf(drawing: Drawing): Promise<Buffer> {
  const scale = pointsPerMillimetre;
  const page = new PdfDocument({
    size: [drawing.width * scale, drawing.height * scale],
    margin: 0,
    // Equal labels are equal bytes but for the time of printing.
    info: { Title: "Tonalité" },
  });
  const parts: Buffer[] = [];
  page.on("data", (part: Buffer) => parts.push(part));
  const done = new Promise<Buffer>((settle) => {
    page.on("end", () => settle(Buffer.concat(parts)));
  });
  page.scale(scale);
  for (const { x, y, width, height } of drawing.rectangles) page.rect(x, y, width, height);
  page.fill("black");
  for (const text of drawing.texts)
    page
      .font(faces[faceOf(text)].file)
      .fontSize(text.size)
      .text(text.text, text.x, text.y, { baseline: "alphabetic", lineBreak: false });
  page.end();
  return done;
}

/**
 * A drawing as PNG, black on white.
 * @param dotsPerInch of the label printer: 203, 300 or 600 as a rule
 */
export function printPng(drawing: Drawing, dotsPerInch = 300): Buffer {
  const files = Object.values(faces).map(({ file }) => file);
  const image = new Resvg(toSvg(drawing), {
    background: "white",
    fitTo: { mode: "width", value: Math.round((drawing.width * dotsPerInch) / 25.4) },
    font: { loadSystemFonts: false, fontFiles: files, defaultFontFamily: faces.plain.family },
  });
  return image.render().asPng();
}

function toSvg({ width, height, rectangles, texts }: Drawing): string {
  const boxes = rectangles.map(
    (r) => `<rect x="${r.x}" y="${r.y}" width="${r.width}" height="${r.height}"/>`,
  );
  const words = texts.map((text) => {
    const { family, weight } = faces[faceOf(text)];
    return `<text x="${text.x}" y="${text.y}" font-family="${family}" font-weight="${weight}" font-size="${text.size}">${escape(text.text)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"><g shape-rendering="crispEdges">${boxes.join("")}</g>${words.join("")}</svg>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
