import { CwmpError } from "./error.ts";
import type { MessageCodec } from "./messages/codec.ts";
import { isMethod, messageCodecs } from "./messages/registry.ts";
import {
  type CwmpMethod,
  type CwmpNamespace,
  cwmpNamespaces,
  type CwmpVersion,
  cwmpVersions,
  type Envelope,
} from "./types.ts";
import { defaultXmlLimits, escapeXml, localName, parseXml, type XmlElement, type XmlLimits } from "./xml.ts";

const head =
  '<?xml version="1.0" encoding="UTF-8"?>\n' +
  '<soap-env:Envelope xmlns:soap-env="http://schemas.xmlsoap.org/soap/envelope/"' +
  ' xmlns:soap-enc="http://schemas.xmlsoap.org/soap/encoding/"' +
  ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:cwmp="';

/** One message as a SOAP 1.1 document (TR-069 §3.4), ready to be sent as UTF-8. */
export function encodeEnvelope(envelope: Envelope): string {
  const { id, holdRequests, namespace, body, supportedVersions, useVersion } = envelope;
  let header = "";
  if (id !== undefined) header += `<cwmp:ID soap-env:mustUnderstand="1">${escapeXml(id)}</cwmp:ID>`;
  if (holdRequests !== undefined) {
    header += `<cwmp:HoldRequests soap-env:mustUnderstand="1">${holdRequests ? 1 : 0}</cwmp:HoldRequests>`;
  }
  // cwmp-1-4.xsd: a peer that does not know the offer may pass over it, the choice it must understand.
  if (supportedVersions !== undefined) {
    header += `<cwmp:SupportedCWMPVersions soap-env:mustUnderstand="0">${supportedVersions.join(",")}</cwmp:SupportedCWMPVersions>`;
  }
  if (useVersion !== undefined) {
    header += `<cwmp:UseCWMPVersion soap-env:mustUnderstand="1">${useVersion}</cwmp:UseCWMPVersion>`;
  }
  if (header !== "") header = `<soap-env:Header>${header}</soap-env:Header>`;
  // The table pairs each method with its own codec; the compiler cannot follow that through a lookup.
  const content = (messageCodecs[body.method] as MessageCodec<CwmpMethod>).encode(body);
  const name = body.method === "Fault" ? "soap-env:Fault" : `cwmp:${body.method}`;
  return `${head}${namespace}">${header}<soap-env:Body><${name}>${content}</${name}></soap-env:Body></soap-env:Envelope>`;
}

/**
 * Reads one message of either direction. Lenient where real devices differ (prefixes, comments, CDATA, byte order
 * mark, array lengths that lie, absent optional arguments), bounded in size, depth and number of elements.
 * @throws CwmpError with the sender's id where it was legible.
 */
export function decodeEnvelope(xml: Uint8Array | string, limits: XmlLimits = defaultXmlLimits): Envelope {
  const root = parseXml(xml, limits);
  if (root.name !== "Envelope")
    throw new CwmpError("NOT_SOAP", `the document is a <${root.name}>, not a SOAP envelope`);
  const header = root.children.find((item) => item.name === "Header");
  const body = root.children.find((item) => item.name === "Body");
  const element = body?.children[0];
  const id = header?.children.find((item) => item.name === "ID")?.text;
  const context = id === undefined ? {} : { id };
  if (element === undefined) throw new CwmpError("NOT_SOAP", "the envelope holds no message", context);
  const namespace = namespaceOf([root, header, body, element]);
  if (!isMethod(element.name)) {
    throw new CwmpError("UNKNOWN_METHOD", `method ${element.name.slice(0, 64)} is not known`, {
      ...context,
      method: element.name,
      namespace,
    });
  }
  const headerText = (name: string): string | undefined =>
    header?.children.find((item) => item.name === name)?.text.trim();
  const hold = headerText("HoldRequests");
  const use = versionsOf(headerText("UseCWMPVersion"))[0];
  const supported = headerText("SupportedCWMPVersions");
  const strange = header?.children.find(isStrange)?.name.slice(0, 64);
  return {
    ...context,
    ...(supported === undefined ? {} : { supportedVersions: versionsOf(supported) }),
    ...(use === undefined ? {} : { useVersion: use }),
    ...(hold === undefined ? {} : { holdRequests: hold === "1" || hold.toLowerCase() === "true" }),
    ...(strange === undefined ? {} : { notUnderstood: strange }),
    namespace,
    body: decodeBody(element, element.name, { ...context, namespace }),
  };
}

/** Every header of the schemas, and NoMoreRequests, which 1.0 had and all may pass over. */
const knownHeaders: ReadonlySet<string> = new Set([
  "ID",
  "HoldRequests",
  "NoMoreRequests",
  "SessionTimeout",
  "SupportedCWMPVersions",
  "UseCWMPVersion",
]);

/** SOAP 1.1 §4.2.2: where every node is one end of the wire, only a header for some other actor is not for us. */
const nextActor = "http://schemas.xmlsoap.org/soap/actor/next";

/** SOAP 1.1 §4.2.3: a header that must be understood and is not. */
function isStrange({ attributes, name }: XmlElement): boolean {
  const attribute = (wanted: string): string | undefined => {
    for (const given in attributes) if (localName(given) === wanted) return attributes[given]?.trim();
    return undefined;
  };
  const must = attribute("mustUnderstand");
  const actor = attribute("actor") ?? "";
  return (
    !knownHeaders.has(name) && (must === "1" || must === "true") && (actor === "" || actor === nextActor)
  );
}

function decodeBody(
  element: XmlElement,
  method: CwmpMethod,
  context: { id?: string; namespace: string },
): Envelope["body"] {
  try {
    return messageCodecs[method].decode(element);
  } catch (error) {
    if (error instanceof CwmpError) throw new CwmpError(error.code, error.message, { ...context, method });
    throw error;
  }
}

/** The CWMP namespace that any of the elements declares; 1-0 when none does, the version every peer understands. */
function namespaceOf(elements: readonly (XmlElement | undefined)[]): CwmpNamespace {
  for (const element of elements) {
    for (const name in element?.attributes) {
      const value = element?.attributes[name]?.trim();
      const known = cwmpNamespaces.find((namespace) => namespace === value);
      if (known !== undefined) return known;
    }
  }
  return "urn:dslforum-org:cwmp-1-0";
}

/** The versions of a list that are known here. */
const versionsOf = (list = ""): CwmpVersion[] => {
  const named = new Set(
    list
      .slice(0, 200)
      .split(",")
      .map((version) => version.trim()),
  );
  return cwmpVersions.filter((version) => named.has(version));
};
