import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const schemas = join(import.meta.dirname, "../../../shared/data-model");

/** Why messages cannot be checked against the standard's schemas here, if so. */
export function schemaTrouble(): string | undefined {
  if (!existsSync(join(schemas, "cwmp-1-4.xsd"))) return "the CWMP schemas are not beside the repository";
  return spawnSync("xmllint", ["--version"]).error ? "xmllint is not installed (libxml2-utils)" : undefined;
}

const encoding = "http://schemas.xmlsoap.org/soap/encoding/";
const envelope = "http://schemas.xmlsoap.org/soap/envelope/";
/** What the CWMP schemas use of SOAP 1.1, written down here: its own schemas are not shipped. */
const soap = {
  encoding: `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="${encoding}" xmlns:t="${encoding}">
<xs:attribute name="arrayType" type="xs:string"/>
<xs:simpleType name="base64"><xs:restriction base="xs:base64Binary"/></xs:simpleType>
<xs:complexType name="Array"><xs:sequence><xs:any namespace="##any" minOccurs="0" maxOccurs="unbounded" processContents="lax"/></xs:sequence><xs:attribute ref="t:arrayType"/><xs:anyAttribute namespace="##other" processContents="lax"/></xs:complexType></xs:schema>`,
  envelope: `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="${envelope}" xmlns:t="${envelope}">
<xs:attribute name="mustUnderstand"><xs:simpleType><xs:restriction base="xs:boolean"><xs:pattern value="0|1"/></xs:restriction></xs:simpleType></xs:attribute>
<xs:complexType name="Parts"><xs:sequence><xs:any namespace="##any" minOccurs="0" maxOccurs="unbounded" processContents="strict"/></xs:sequence></xs:complexType>
<xs:element name="Envelope"><xs:complexType><xs:sequence><xs:element name="Header" type="t:Parts" form="qualified" minOccurs="0"/><xs:element name="Body" type="t:Parts" form="qualified"/></xs:sequence></xs:complexType></xs:element>
<xs:element name="Fault"><xs:complexType><xs:sequence><xs:element name="faultcode" type="xs:QName"/><xs:element name="faultstring" type="xs:string"/><xs:element name="detail" type="t:Parts" minOccurs="0"/></xs:sequence></xs:complexType></xs:element></xs:schema>`,
};

/** The newest schema of each namespace: 1.4 stands in that of 1.2. */
const files = { "cwmp-1-0": "cwmp-1-0.xsd", "cwmp-1-1": "cwmp-1-1.xsd", "cwmp-1-2": "cwmp-1-4.xsd" } as const;

/** @returns what the schemas of the standard have against the messages, each with its first words; [] for nothing */
export function checkMessages(messages: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "cwmp-messages-"));
  try {
    writeFileSync(join(folder, "encoding.xsd"), soap.encoding);
    writeFileSync(join(folder, "envelope.xsd"), soap.envelope);
    for (const name of readdirSync(schemas).filter((file) => file.endsWith(".xsd"))) {
      const local = readFileSync(join(schemas, name), "utf8")
        .replaceAll(/schemaLocation\s*=\s*"[^"]*soap\/envelope\/?"/g, 'schemaLocation="envelope.xsd"')
        .replaceAll(/schemaLocation\s*=\s*"[^"]*soap\/encoding\/?"/g, 'schemaLocation="encoding.xsd"')
        .replaceAll(/schemaLocation\s*=\s*"[^"]*\/(cwmp-1-\d\.xsd)"/g, 'schemaLocation="$1"');
      writeFileSync(join(folder, name), local);
    }
    return Object.entries(files).flatMap(([namespace, file]) => {
      const urn = `urn:dslforum-org:${namespace}`;
      writeFileSync(
        join(folder, `all-${file}`),
        `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:import namespace="${envelope}" schemaLocation="envelope.xsd"/><xs:import namespace="${encoding}" schemaLocation="encoding.xsd"/><xs:import namespace="${urn}" schemaLocation="${file}"/></xs:schema>`,
      );
      const mine = messages.filter((message) => message.includes(`"${urn}"`));
      const paths = mine.map((message, index) => {
        const path = join(folder, `${namespace}-${index}.xml`);
        writeFileSync(path, message);
        return path;
      });
      if (paths.length === 0) return [];
      const { stderr } = spawnSync(
        "xmllint",
        ["--nonet", "--noout", "--schema", join(folder, `all-${file}`), ...paths],
        { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
      );
      return stderr.split("\n").filter((line) => line !== "" && !line.endsWith(" validates"));
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
