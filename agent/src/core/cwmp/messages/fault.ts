import type { Fault } from "../types.ts";
import { localName, type XmlElement } from "../xml.ts";
import { count, type MessageCodec, tag, text } from "./codec.ts";

/** TR-069 §3.4.7 and A.5: a SOAP fault whose detail holds the CWMP fault. */
export const fault: MessageCodec<"Fault"> = {
  encode({ faultCode, faultString, soapCode, setParameterFaults = [] }) {
    // SOAP 1.1 §4.4.1: the code is a qualified name; the others stand bare because CWMP's own examples have them so.
    if (soapCode === "MustUnderstand")
      return `${tag("faultcode", `soap-env:${soapCode}`)}${tag("faultstring", faultString)}`;
    let list = "";
    for (const { path, code, message } of setParameterFaults) {
      list += `<SetParameterValuesFault>${tag("ParameterName", path)}${tag("FaultCode", code)}${tag("FaultString", message)}</SetParameterValuesFault>`;
    }
    return (
      `${tag("faultcode", soapCode)}<faultstring>CWMP fault</faultstring>` +
      `<detail><cwmp:Fault>${tag("FaultCode", faultCode)}${tag("FaultString", faultString)}${list}</cwmp:Fault></detail>`
    );
  },
  decode(element) {
    const code = localName(text(element, "faultcode").trim());
    const soapCode = code === "Client" || code === "MustUnderstand" ? code : "Server";
    const detail = element.children.find((item) => item.name === "detail");
    const cwmp = detail?.children.find((item) => item.name === "Fault");
    // A bare SOAP fault: a proxy or a broken server speaks, not CWMP.
    if (cwmp === undefined) return bare(element, soapCode);
    const setParameterFaults = cwmp.children
      .filter((item) => item.name === "SetParameterValuesFault")
      .map(setParameterFault);
    return {
      method: "Fault",
      faultCode: count(cwmp, "FaultCode", 0),
      faultString: text(cwmp, "FaultString"),
      soapCode,
      ...(setParameterFaults.length > 0 ? { setParameterFaults } : {}),
    };
  },
};

const bare = (element: XmlElement, soapCode: Fault["soapCode"]): Fault => ({
  method: "Fault",
  faultCode: 0,
  faultString: text(element, "faultstring"),
  soapCode,
});

const setParameterFault = (item: XmlElement) => ({
  path: text(item, "ParameterName").trim(),
  code: count(item, "FaultCode", 0),
  message: text(item, "FaultString"),
});
