import { array, bool, items, type MessageCodec, requiredText, tag, text } from "./codec.ts";

/** TR-069 A.3.2.3. */
export const getParameterNames: MessageCodec<"GetParameterNames"> = {
  encode: ({ path, nextLevel }) => tag("ParameterPath", path) + tag("NextLevel", nextLevel),
  decode: (element) => ({
    method: "GetParameterNames",
    path: text(element, "ParameterPath").trim(),
    nextLevel: bool(element, "NextLevel"),
  }),
};

export const getParameterNamesResponse: MessageCodec<"GetParameterNamesResponse"> = {
  encode({ parameters }) {
    let content = "";
    for (const { path, writable } of parameters) {
      content += `<ParameterInfoStruct>${tag("Name", path)}${tag("Writable", writable)}</ParameterInfoStruct>`;
    }
    return array("ParameterList", "cwmp:ParameterInfoStruct", parameters.length, content);
  },
  decode: (element) => ({
    method: "GetParameterNamesResponse",
    parameters: items(element, "ParameterList").map((item) => ({
      path: requiredText(item, "Name"),
      writable: bool(item, "Writable"),
    })),
  }),
};
