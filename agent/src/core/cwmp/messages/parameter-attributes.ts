import { array, bool, count, items, type MessageCodec, requiredText, tag, text } from "./codec.ts";
import type { XmlElement } from "../xml.ts";

/** TR-069 A.3.2.4. What does not change is sent as 0 and as an empty list. */
export const setParameterAttributes: MessageCodec<"SetParameterAttributes"> = {
  encode({ parameters }) {
    let content = "";
    for (const { path, notification, accessList } of parameters) {
      content +=
        `<SetParameterAttributesStruct>${tag("Name", path)}` +
        tag("NotificationChange", notification !== undefined) +
        tag("Notification", notification ?? 0) +
        tag("AccessListChange", accessList !== undefined) +
        `${encodeAccess(accessList ?? [])}</SetParameterAttributesStruct>`;
    }
    return array("ParameterList", "cwmp:SetParameterAttributesStruct", parameters.length, content);
  },
  decode: (element) => ({
    method: "SetParameterAttributes",
    parameters: items(element, "ParameterList").map((item) => ({
      path: text(item, "Name").trim(),
      ...(bool(item, "NotificationChange") ? { notification: count(item, "Notification", 0) } : {}),
      ...(bool(item, "AccessListChange") ? { accessList: decodeAccess(item) } : {}),
    })),
  }),
};

export const setParameterAttributesResponse: MessageCodec<"SetParameterAttributesResponse"> = {
  encode: () => "",
  decode: () => ({ method: "SetParameterAttributesResponse" }),
};

/** TR-069 A.3.2.5. */
export const getParameterAttributes: MessageCodec<"GetParameterAttributes"> = {
  encode: ({ names }) =>
    array("ParameterNames", "xsd:string", names.length, names.map((name) => tag("string", name)).join("")),
  decode: (element) => ({
    method: "GetParameterAttributes",
    names: items(element, "ParameterNames").map((name) => name.text.trim()),
  }),
};

export const getParameterAttributesResponse: MessageCodec<"GetParameterAttributesResponse"> = {
  encode({ parameters }) {
    let content = "";
    for (const { path, notification, accessList } of parameters) {
      content += `<ParameterAttributeStruct>${tag("Name", path)}${tag("Notification", notification)}${encodeAccess(accessList)}</ParameterAttributeStruct>`;
    }
    return array("ParameterList", "cwmp:ParameterAttributeStruct", parameters.length, content);
  },
  decode: (element) => ({
    method: "GetParameterAttributesResponse",
    parameters: items(element, "ParameterList").map((item) => ({
      path: requiredText(item, "Name"),
      notification: count(item, "Notification", 0),
      accessList: decodeAccess(item),
    })),
  }),
};

const encodeAccess = (entities: readonly string[]): string =>
  array(
    "AccessList",
    "xsd:string",
    entities.length,
    entities.map((entity) => tag("string", entity)).join(""),
  );

const decodeAccess = (element: XmlElement): string[] =>
  items(element, "AccessList").map((entity) => entity.text.trim());
