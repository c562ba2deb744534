import { SaxesParser } from "saxes";
import { CwmpError } from "./error.ts";

/** What a message may cost before it is refused. The defaults fit a full data model of some 5 000 parameters. */
export type XmlLimits = { maxBytes: number; maxDepth: number; maxElements: number };
export const defaultXmlLimits: XmlLimits = { maxBytes: 4 * 1024 * 1024, maxDepth: 24, maxElements: 60_000 };

/** One element: local name, own text (comments dropped, CDATA joined), children in order. */
export type XmlElement = {
  name: string;
  text: string;
  children: XmlElement[];
  attributes: Record<string, string>;
};

// The Encoding standard is not part of ES2024's library, but of every runtime that core code meets.
type Decoder = { decode(bytes: Uint8Array): string };
const { TextDecoder } = globalThis as unknown as {
  TextDecoder: new (label: string, options: { fatal: boolean }) => Decoder;
};

/** The part of a name after its prefix: devices choose any prefix for any namespace. */
export const localName = (name: string): string => name.slice(name.indexOf(":") + 1);

/**
 * Parses one document into elements.
 * @throws CwmpError MALFORMED_XML, DTD_REFUSED, TOO_LARGE, TOO_DEEP or TOO_MANY_ELEMENTS.
 */
export function parseXml(xml: Uint8Array | string, limits: XmlLimits = defaultXmlLimits): XmlElement {
  if (xml.length > limits.maxBytes) {
    throw new CwmpError("TOO_LARGE", `message of ${xml.length} bytes, at most ${limits.maxBytes} are read`);
  }
  const root: XmlElement = { name: "", text: "", children: [], attributes: {} };
  const open: XmlElement[] = [root];
  let current = root;
  let elements = 0;

  // Without namespace processing: local names identify everything CWMP needs, at half the cost.
  const parser = new SaxesParser({ xmlns: false, position: false });
  parser.on("opentag", (tag) => {
    if (open.length > limits.maxDepth)
      throw new CwmpError("TOO_DEEP", `elements nest deeper than ${limits.maxDepth}`);
    elements += 1;
    if (elements > limits.maxElements) {
      throw new CwmpError("TOO_MANY_ELEMENTS", `more than ${limits.maxElements} elements`);
    }
    const element: XmlElement = {
      name: localName(tag.name),
      text: "",
      children: [],
      attributes: tag.attributes,
    };
    current.children.push(element);
    open.push(element);
    current = element;
  });
  parser.on("closetag", () => {
    open.pop();
    current = open[open.length - 1] ?? root;
  });
  parser.on("text", (text) => {
    current.text += text;
  });
  parser.on("cdata", (text) => {
    current.text += text;
  });
  // An internal subset could define entities that grow without end; CWMP never needs one.
  parser.on("doctype", () => {
    throw new CwmpError("DTD_REFUSED", "a document type declaration is not accepted");
  });
  try {
    parser.write(decodeText(xml)).close();
  } catch (cause) {
    if (cause instanceof CwmpError) throw cause;
    throw new CwmpError("MALFORMED_XML", cause instanceof Error ? cause.message : "not XML", { cause });
  }
  const document = root.children[0];
  if (document === undefined) throw new CwmpError("MALFORMED_XML", "no element");
  return document;
}

/** Bytes to text: UTF-8, or the single-byte encoding that the XML declaration names. A byte order mark is dropped. */
function decodeText(xml: Uint8Array | string): string {
  if (typeof xml === "string") return xml.charCodeAt(0) === 0xfeff ? xml.slice(1) : xml;
  // Fatal: a replacement character inside a password would be stored as if it had been sent.
  return new TextDecoder(declaredEncoding(xml), { fatal: true }).decode(xml);
}

function declaredEncoding(bytes: Uint8Array): "utf-8" | "windows-1252" {
  if (bytes[0] !== 0x3c || bytes[1] !== 0x3f) return "utf-8";
  const declaration = String.fromCharCode(...bytes.subarray(0, 100)).toLowerCase();
  const end = declaration.indexOf("?>");
  return /encoding\s*=\s*["'](iso-8859-1|windows-1252|us-ascii)["']/.test(declaration.slice(0, end))
    ? "windows-1252"
    : "utf-8";
}

// oxlint-disable-next-line no-control-regex -- these are the characters XML 1.0 §2.2 forbids, plus CR, which a parser would turn into LF
const special = /[&<>\u0000-\u0008\u000b-\u001f\ufffe\uffff\ud800-\udfff]/;
// oxlint-disable-next-line no-control-regex -- as above
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/** Text as element content; characters that XML cannot carry become U+FFFD. */
export function escapeXml(text: string): string {
  if (!special.test(text)) return text;
  return text
    .toWellFormed()
    .replace(forbidden, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("\r", "&#13;");
}
