import type { ParameterType } from "../../data-model/declaration.ts";
import { CwmpError } from "../error.ts";
import type { CwmpMethod, MessageOf, ParameterValueStruct } from "../types.ts";
import { escapeXml, localName, type XmlElement } from "../xml.ts";

/** Both directions of one message: its arguments as XML text, and back. */
export type MessageCodec<M extends CwmpMethod> = {
  encode(message: MessageOf<M>): string;
  /** @throws CwmpError INVALID_ARGUMENTS */
  decode(element: XmlElement): MessageOf<M>;
};

export const invalid = (message: string): CwmpError => new CwmpError("INVALID_ARGUMENTS", message);

const childOf = (element: XmlElement, name: string): XmlElement | undefined => {
  for (const child of element.children) if (child.name === name) return child;
  return undefined;
};

/** A required child. */
export function child(element: XmlElement, name: string): XmlElement {
  const found = childOf(element, name);
  if (found === undefined) throw invalid(`${element.name} lacks ${name}`);
  return found;
}

/** The text of a child, "" when it is absent: real peers leave empty arguments out. */
export const text = (element: XmlElement, name: string): string => childOf(element, name)?.text ?? "";

/** The trimmed text of a required child. */
export const requiredText = (element: XmlElement, name: string): string => child(element, name).text.trim();

/** An unsigned integer, `otherwise` when it is absent or empty. */
export function count(element: XmlElement, name: string, otherwise: number): number {
  const lexical = text(element, name).trim();
  if (lexical === "") return otherwise;
  const value = Number(lexical);
  if (!/^\+?\d{1,10}$/.test(lexical) || value > 0xffff_ffff)
    throw invalid(`${name} is not an unsigned integer`);
  return value;
}

/** A signed 32-bit integer, `otherwise` when it is absent or empty. */
export function integer(element: XmlElement, name: string, otherwise: number): number {
  const lexical = text(element, name).trim();
  if (lexical === "") return otherwise;
  const value = Number(lexical);
  if (!/^[+-]?\d{1,10}$/.test(lexical) || Math.abs(value) > 0x7fff_ffff)
    throw invalid(`${name} is not an integer`);
  return value;
}

/** XSD boolean, in the spellings that devices use. */
export function bool(element: XmlElement, name: string): boolean {
  const lexical = requiredText(element, name).toLowerCase();
  if (lexical === "1" || lexical === "true") return true;
  if (lexical === "0" || lexical === "false") return false;
  throw invalid(`${name} is not a boolean`);
}

/** Status 0 or 1 of a response. */
export const status = (element: XmlElement): 0 | 1 => (count(element, "Status", 0) === 0 ? 0 : 1);

/** The items of a SOAP array. The declared length is not believed: devices get it wrong. */
export const items = (element: XmlElement, name: string): XmlElement[] =>
  childOf(element, name)?.children ?? [];

/** `<name>text</name>`. */
export const tag = (name: string, value: string | number | boolean): string =>
  `<${name}>${typeof value === "string" ? escapeXml(value) : value}</${name}>`;

/** A SOAP array with its declared type and length. */
export const array = (name: string, type: string, length: number, content: string): string =>
  `<${name} soap-enc:arrayType="${type}[${length}]">${content}</${name}>`;

const types: Record<string, ParameterType> = {
  string: "string",
  int: "int",
  unsignedInt: "unsignedInt",
  long: "long",
  unsignedLong: "unsignedLong",
  boolean: "boolean",
  dateTime: "dateTime",
  base64: "base64",
  base64Binary: "base64",
  hexBinary: "hexBinary",
  decimal: "decimal",
};
const wireTypes: Record<ParameterType, string> = {
  string: "xsd:string",
  int: "xsd:int",
  unsignedInt: "xsd:unsignedInt",
  long: "xsd:long",
  unsignedLong: "xsd:unsignedLong",
  boolean: "xsd:boolean",
  dateTime: "xsd:dateTime",
  // TR-106 calls the type base64; on the wire it is the XSD or SOAP encoding type (TR-069 §3.4.4).
  base64: "xsd:base64Binary",
  hexBinary: "xsd:hexBinary",
  decimal: "xsd:decimal",
};

/** A value with its type. */
export const typedValue = (value: string, type: ParameterType): string =>
  `<Value xsi:type="${wireTypes[type]}">${escapeXml(value)}</Value>`;

/** A ParameterList of values. */
export function encodeValues(parameters: readonly ParameterValueStruct[]): string {
  let content = "";
  for (const { path, value, type } of parameters) {
    content += `<ParameterValueStruct><Name>${escapeXml(path)}</Name>${typedValue(value, type)}</ParameterValueStruct>`;
  }
  return array("ParameterList", "cwmp:ParameterValueStruct", parameters.length, content);
}

/** A ParameterList of values; an unknown or absent type is read as string. */
export function decodeValues(element: XmlElement): ParameterValueStruct[] {
  return items(element, "ParameterList").map((item) => {
    const value = childOf(item, "Value");
    return { path: requiredText(item, "Name"), value: value?.text ?? "", type: typeOf(value) };
  });
}

function typeOf(value: XmlElement | undefined): ParameterType {
  if (value === undefined) return "string";
  for (const name in value.attributes) {
    if (localName(name) === "type") return types[localName(value.attributes[name] ?? "").trim()] ?? "string";
  }
  return "string";
}
