import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cwmpNamespaces, encodeEnvelope } from "./index.ts";
import { sampleMessages, sampleMessages11, sampleMessages12 } from "./samples.ts";

const schemas = join(import.meta.dirname, "../../../../../shared/data-model");
/** Why the schemas cannot be used here, if so. */
const missing = !existsSync(join(schemas, "cwmp-1-2.xsd"))
  ? "the CWMP schemas are not beside the repository"
  : spawnSync("xmllint", ["--version"]).error === undefined
    ? undefined
    : "xmllint is not installed (libxml2-utils)";

const encoding = "http://schemas.xmlsoap.org/soap/encoding/";
const envelope = "http://schemas.xmlsoap.org/soap/envelope/";
/** What the CWMP schemas use of SOAP 1.1, written down here: its own schemas are not shipped. */
const encodingSchema = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="${encoding}" xmlns:t="${encoding}">
<xs:attribute name="arrayType" type="xs:string"/>
<xs:simpleType name="base64"><xs:restriction base="xs:base64Binary"/></xs:simpleType>
<xs:complexType name="Array"><xs:sequence><xs:any namespace="##any" minOccurs="0" maxOccurs="unbounded" processContents="lax"/></xs:sequence><xs:attribute ref="t:arrayType"/><xs:anyAttribute namespace="##other" processContents="lax"/></xs:complexType></xs:schema>`;
const envelopeSchema = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="${envelope}" xmlns:t="${envelope}">
<xs:attribute name="mustUnderstand"><xs:simpleType><xs:restriction base="xs:boolean"><xs:pattern value="0|1"/></xs:restriction></xs:simpleType></xs:attribute>
<xs:complexType name="Parts"><xs:sequence><xs:any namespace="##any" minOccurs="0" maxOccurs="unbounded" processContents="strict"/></xs:sequence></xs:complexType>
<xs:element name="Envelope"><xs:complexType><xs:sequence><xs:element name="Header" type="t:Parts" form="qualified" minOccurs="0"/><xs:element name="Body" type="t:Parts" form="qualified"/></xs:sequence></xs:complexType></xs:element>
<xs:element name="Fault"><xs:complexType><xs:sequence><xs:element name="faultcode" type="xs:QName"/><xs:element name="faultstring" type="xs:string"/><xs:element name="detail" type="t:Parts" minOccurs="0"/></xs:sequence></xs:complexType></xs:element></xs:schema>`;

const lint = (schema: string, ...documents: string[]) =>
  spawnSync("xmllint", ["--nonet", "--noout", "--schema", schema, ...documents], { encoding: "utf8" });

/** 1.3 and 1.4 extend the 1-2 namespace and are spoken in it. */
const versions = cwmpNamespaces.slice(0, 3).map((namespace, version) => ({
  namespace,
  file: `${namespace.slice("urn:dslforum-org:".length)}.xsd`,
  messages: [sampleMessages, sampleMessages11, sampleMessages12].slice(0, version + 1).flat(),
}));

describe.skipIf(missing !== undefined)(
  `messages against the schemas${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    let folder = "";
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "cwmp-schema-"));
      mkdirSync(join(folder, "xsd"));
      writeFileSync(join(folder, "xsd", "encoding.xsd"), encodingSchema);
      writeFileSync(join(folder, "xsd", "envelope.xsd"), envelopeSchema);
      for (const { file, namespace } of versions) {
        const local = readFileSync(join(schemas, file), "utf8")
          .replaceAll(/schemaLocation\s*=\s*"[^"]*soap\/envelope\/?"/g, 'schemaLocation="envelope.xsd"')
          .replaceAll(/schemaLocation\s*=\s*"[^"]*soap\/encoding\/?"/g, 'schemaLocation="encoding.xsd"');
        writeFileSync(join(folder, "xsd", file), local);
        writeFileSync(
          join(folder, "xsd", `all-${file}`),
          `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:import namespace="${envelope}" schemaLocation="envelope.xsd"/><xs:import namespace="${encoding}" schemaLocation="encoding.xsd"/><xs:import namespace="${namespace}" schemaLocation="${file}"/></xs:schema>`,
        );
      }
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it.each(versions)("$file accepts every message", ({ file, messages, namespace }) => {
      const documents = messages.map((body, index) => {
        const path = join(folder, `${file}-${index}-${body.method}.xml`);
        writeFileSync(path, encodeEnvelope({ id: "1", holdRequests: true, namespace, body }));
        return path;
      });
      const schema = join(folder, "xsd", `all-${file}`);
      const { status, stderr } = lint(schema, ...documents);
      expect(stderr.split("\n").filter((line) => line !== "" && !line.endsWith(" validates"))).toEqual([]);
      expect(status).toBe(0);
    });

    it("refuses what is wrong, so that accepting means something", () => {
      const [first] = versions;
      if (first === undefined) throw new Error("no version");
      const path = join(folder, "wrong.xml");
      const body = { method: "Reboot", commandKey: "longer than thirty-two characters" } as const;
      writeFileSync(path, encodeEnvelope({ id: "1", namespace: first.namespace, body }));
      const schema = join(folder, "xsd", `all-${first.file}`);
      expect(lint(schema, path).stderr).toContain("fails to validate");
    });
  },
);
