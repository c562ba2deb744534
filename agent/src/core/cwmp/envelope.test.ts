import { describe, expect, it } from "vitest";
import { CwmpError, type CwmpMessage, decodeEnvelope, encodeEnvelope, type Envelope } from "./index.ts";
import { mustUnderstandFault } from "./rpc/rpc.ts";
import { sampleMessages, sampleMessages11, sampleMessages12 } from "./samples.ts";

const everyMessage = [...sampleMessages, ...sampleMessages11, ...sampleMessages12];
const namespace = "urn:dslforum-org:cwmp-1-2";
const soap = (body: string, header = ""): string =>
  `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:c="${namespace}">${header}<s:Body>${body}</s:Body></s:Envelope>`;
const codeOf = (xml: string | Uint8Array): string => {
  try {
    decodeEnvelope(xml);
    return "decoded";
  } catch (error) {
    return error instanceof CwmpError ? error.code : `not a CwmpError: ${String(error)}`;
  }
};
/** CWMP has no carriage return of its own: XML would read it as a line feed, so it travels as a reference. */
const golden = `<?xml version="1.0" encoding="UTF-8"?>
<soap-env:Envelope xmlns:soap-env="http://schemas.xmlsoap.org/soap/envelope/" xmlns:soap-enc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:cwmp="urn:dslforum-org:cwmp-1-2"><soap-env:Header><cwmp:ID soap-env:mustUnderstand="1">7</cwmp:ID><cwmp:HoldRequests soap-env:mustUnderstand="1">0</cwmp:HoldRequests></soap-env:Header><soap-env:Body><cwmp:SetParameterValues><ParameterList soap-enc:arrayType="cwmp:ParameterValueStruct[1]"><ParameterValueStruct><Name>Device.A</Name><Value xsi:type="xsd:string">a&amp;b&#13;</Value></ParameterValueStruct></ParameterList><ParameterKey>k</ParameterKey></cwmp:SetParameterValues></soap-env:Body></soap-env:Envelope>`;
const goldenEnvelope: Envelope = {
  id: "7",
  holdRequests: false,
  namespace,
  body: {
    method: "SetParameterValues",
    parameters: [{ path: "Device.A", value: "a&b\r", type: "string" }],
    parameterKey: "k",
  },
};

describe("the CWMP codec", () => {
  it("writes and reads the golden envelope", () => {
    expect(encodeEnvelope(goldenEnvelope)).toBe(golden);
    expect(decodeEnvelope(golden)).toEqual(goldenEnvelope);
    expect(decodeEnvelope(new TextEncoder().encode(golden))).toEqual(goldenEnvelope);
  });

  it("refuses the golden envelope at every truncation", () => {
    for (let length = 0; length < golden.length; length += 1) {
      expect(["MALFORMED_XML", "NOT_SOAP"]).toContain(codeOf(golden.slice(0, length)));
    }
  });

  it.each(everyMessage.map((body): [string, CwmpMessage] => [body.method, body]))(
    "reads back the %s that it wrote",
    (_method, body) => {
      const envelope: Envelope = { id: "a<b", namespace, body };
      expect(decodeEnvelope(encodeEnvelope(envelope))).toEqual(envelope);
    },
  );

  it("writes what XML cannot carry as U+FFFD", () => {
    const body: CwmpMessage = { method: "Reboot", commandKey: "a\u0000b\ud800c\uffff" };
    expect(decodeEnvelope(encodeEnvelope({ namespace, body })).body).toEqual({
      method: "Reboot",
      commandKey: "a\ufffdb\ufffdc\ufffd",
    });
  });
});

describe("real peers", () => {
  const reboot = { method: "Reboot", commandKey: "k" };
  it.each([
    ["other prefixes", soap("<c:Reboot><CommandKey>k</CommandKey></c:Reboot>")],
    ["a default namespace", soap(`<Reboot xmlns="${namespace}"><CommandKey>k</CommandKey></Reboot>`)],
    ["prefixed arguments", soap("<c:Reboot><c:CommandKey>k</c:CommandKey></c:Reboot>")],
    ["comments", soap("<!-- a --><c:Reboot><CommandKey><!-- b -->k<!-- c --></CommandKey></c:Reboot>")],
    ["CDATA", soap("<c:Reboot><CommandKey><![CDATA[k]]></CommandKey></c:Reboot>")],
    [
      "processing instructions",
      `<?xml version="1.0"?><?pi?>${soap("<c:Reboot><CommandKey>k</CommandKey></c:Reboot>")}`,
    ],
    ["a byte order mark", `\ufeff${soap("<c:Reboot><CommandKey>k</CommandKey></c:Reboot>")}`],
    ["white space everywhere", soap("\n <c:Reboot>\n <CommandKey>k</CommandKey>\n </c:Reboot>\n ")],
    [
      "unknown headers",
      soap("<c:Reboot><CommandKey>k</CommandKey></c:Reboot>", "<s:Header><x>1</x></s:Header>"),
    ],
    ["unknown arguments", soap("<c:Reboot><New>1</New><CommandKey>k</CommandKey></c:Reboot>")],
  ])("may use %s", (_name, xml) => {
    expect(decodeEnvelope(xml).body).toEqual(reboot);
    expect(decodeEnvelope(new TextEncoder().encode(xml)).body).toEqual(reboot);
  });

  it("may lie about the length of an array, name its items anything, and leave types out", () => {
    const xml = soap(
      `<c:SetParameterValues><ParameterList e:arrayType="c:ParameterValueStruct[99]" xmlns:e="e"><item><Value>1</Value><Name> Device.A </Name></item><ParameterValueStruct><Name>Device.B</Name><Value q:type="z:unsignedInt" xmlns:q="q">2</Value></ParameterValueStruct></ParameterList></c:SetParameterValues>`,
    );
    expect(decodeEnvelope(xml).body).toEqual({
      method: "SetParameterValues",
      parameters: [
        { path: "Device.A", value: "1", type: "string" },
        { path: "Device.B", value: "2", type: "unsignedInt" },
      ],
      parameterKey: "",
    });
  });

  it("may leave out what has a sensible default", () => {
    const xml = soap(
      "<c:Inform><DeviceId><OUI>00AABB</OUI><SerialNumber>1</SerialNumber></DeviceId><Event/><ParameterList/></c:Inform>",
    );
    expect(decodeEnvelope(xml).body).toMatchObject({
      maxEnvelopes: 1,
      retryCount: 0,
      events: [],
      parameters: [],
    });
  });

  it("may ask for partial paths and the whole tree", () => {
    const xml = soap(
      "<c:GetParameterValues><ParameterNames><string>Device.</string><string></string></ParameterNames></c:GetParameterValues>",
    );
    expect(decodeEnvelope(xml).body).toEqual({ method: "GetParameterValues", names: ["Device.", ""] });
  });

  it("keep the white space of values", () => {
    const xml = soap(
      "<c:GetParameterValuesResponse><ParameterList><ParameterValueStruct><Name>D</Name><Value> a  b </Value></ParameterValueStruct></ParameterList></c:GetParameterValuesResponse>",
    );
    expect(decodeEnvelope(xml).body).toMatchObject({ parameters: [{ value: " a  b " }] });
  });

  it("may send Latin-1 where they declare it, and nothing but UTF-8 where they do not", () => {
    const declared = `<?xml version="1.0" encoding="ISO-8859-1"?>${soap("<c:Reboot><CommandKey>\u00e9</CommandKey></c:Reboot>")}`;
    expect(decodeEnvelope(Buffer.from(declared, "latin1")).body).toEqual({
      method: "Reboot",
      commandKey: "é",
    });
    expect(codeOf(Buffer.from(declared.slice(44), "latin1"))).toBe("MALFORMED_XML");
  });

  it("may answer with a bare SOAP fault", () => {
    const xml = soap("<s:Fault><faultcode>s:Server</faultcode><faultstring>no</faultstring></s:Fault>");
    expect(decodeEnvelope(xml).body).toEqual({
      method: "Fault",
      faultCode: 0,
      faultString: "no",
      soapCode: "Server",
    });
  });

  it("are answered in the namespace they speak, the oldest when they name none", () => {
    expect(decodeEnvelope(soap("<c:GetRPCMethods/>")).namespace).toBe(namespace);
    expect(decodeEnvelope("<Envelope><Body><GetRPCMethods/></Body></Envelope>").namespace).toBe(
      "urn:dslforum-org:cwmp-1-0",
    );
  });
});

describe("headers that must be understood (SOAP 1.1 §4.2.3)", () => {
  const next = "http://schemas.xmlsoap.org/soap/actor/next";
  const read = (header: string) => decodeEnvelope(soap("<c:Reboot/>", `<s:Header>${header}</s:Header>`));
  it.each([
    [
      "an unknown one",
      '<t:Transaction xmlns:t="urn:t" s:mustUnderstand="1">5</t:Transaction>',
      "Transaction",
    ],
    ["one for whoever comes next", `<t s:actor="${next}" s:mustUnderstand="1"/>`, "t"],
    ["one with another prefix and spelling", '<c:ID>1</c:ID><t soap:mustUnderstand="true"/>', "t"],
    ["an unknown one that may be passed over", '<t s:mustUnderstand="0"/>', undefined],
    ["an unknown one that does not say", "<t/>", undefined],
    ["one for somebody else", '<t s:actor="urn:else" s:mustUnderstand="1"/>', undefined],
    [
      "those of CWMP",
      '<c:ID s:mustUnderstand="1">1</c:ID><c:HoldRequests s:mustUnderstand="1">0</c:HoldRequests>' +
        '<c:NoMoreRequests s:mustUnderstand="1">0</c:NoMoreRequests><c:UseCWMPVersion s:mustUnderstand="1">1.4</c:UseCWMPVersion>',
      undefined,
    ],
  ])("%s", (_name, header, notUnderstood) => {
    expect(read(header).notUnderstood).toBe(notUnderstood);
  });

  it("are refused without a detail (§4.4)", () => {
    const body = mustUnderstandFault("Transaction");
    const xml = encodeEnvelope({ namespace, body });
    expect(xml).toContain("<faultcode>soap-env:MustUnderstand</faultcode>");
    expect(xml).not.toContain("<detail>");
    expect(decodeEnvelope(xml).body).toEqual(body);
  });
});

describe("hostile input", () => {
  const nested = (depth: number) => "<a>".repeat(depth) + "</a>".repeat(depth);
  it.each([
    ["nothing", "", "MALFORMED_XML"],
    ["text", "hello", "MALFORMED_XML"],
    ["a page", "<html><body/></html>", "NOT_SOAP"],
    ["an envelope without a message", soap(""), "NOT_SOAP"],
    ["an unknown method", soap("<c:ChangeDUState/>"), "UNKNOWN_METHOD"],
    ["a method of JavaScript's", soap("<c:constructor/>"), "UNKNOWN_METHOD"],
    ["a prototype", soap("<c:__proto__/>"), "UNKNOWN_METHOD"],
    ["a missing argument", soap("<c:Inform/>"), "INVALID_ARGUMENTS"],
    [
      "a wrong boolean",
      soap("<c:GetParameterNames><NextLevel>maybe</NextLevel></c:GetParameterNames>"),
      "INVALID_ARGUMENTS",
    ],
    [
      "a number too large",
      soap("<c:InformResponse><MaxEnvelopes>4294967296</MaxEnvelopes></c:InformResponse>"),
      "INVALID_ARGUMENTS",
    ],
    ["a depth bomb", soap(nested(100_000)), "TOO_DEEP"],
    ["an element bomb", soap("<a/>".repeat(70_000)), "TOO_MANY_ELEMENTS"],
    ["a size bomb", soap("x".repeat(5_000_000)), "TOO_LARGE"],
    [
      "an entity bomb",
      `<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]>${soap("<c:Reboot>&c;</c:Reboot>")}`,
      "DTD_REFUSED",
    ],
    ["an external entity", `<!DOCTYPE a SYSTEM "file:///etc/passwd">${soap("<c:Reboot/>")}`, "DTD_REFUSED"],
    ["an undeclared entity", soap("<c:Reboot>&xxe;</c:Reboot>"), "MALFORMED_XML"],
    ["a forbidden character", soap("<c:Reboot>&#0;</c:Reboot>"), "MALFORMED_XML"],
    ["crossed tags", "<a><b></a></b>", "MALFORMED_XML"],
  ])("%s is refused", (_name, xml, code) => {
    const start = performance.now();
    expect(codeOf(xml)).toBe(code);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it("is answerable: the error carries the id and the method where they were legible", () => {
    const header = '<s:Header><c:ID s:mustUnderstand="1">42</c:ID></s:Header>';
    expect(() => decodeEnvelope(soap("<c:ChangeDUState/>", header))).toThrow(
      expect.objectContaining({ code: "UNKNOWN_METHOD", id: "42", method: "ChangeDUState", namespace }),
    );
    expect(() => decodeEnvelope(soap("<c:Inform/>", header))).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENTS", id: "42", method: "Inform" }),
    );
  });

  it("however damaged, is decoded or refused with a reason, never anything else", () => {
    // A linear congruential generator: the same damage in every run (Numerical Recipes' constants).
    let seed = 20_261_122;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return (seed >>> 8) % below;
    };
    const originals = everyMessage.map((body) => Buffer.from(encodeEnvelope({ id: "1", namespace, body })));
    const outcomes = new Set<string>();
    for (let round = 0; round < 4000; round += 1) {
      const bytes = Buffer.from(originals[round % originals.length] ?? "");
      for (let count = 0; count <= random(3); count += 1) {
        const at = random(bytes.length);
        const how = random(3);
        if (how === 0) bytes[at] = random(256);
        else if (how === 1) bytes[at] = bytes[random(bytes.length)] ?? 0;
        else bytes.write("<>&;/ \"'!["[random(10)] ?? "<", at);
      }
      outcomes.add(codeOf(bytes));
    }
    expect([...outcomes].filter((outcome) => outcome.startsWith("not a CwmpError"))).toEqual([]);
    expect([...outcomes]).toEqual(expect.arrayContaining(["decoded", "MALFORMED_XML"]));
  });
});
