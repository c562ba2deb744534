import { array, items, type MessageCodec, requiredText, tag, text } from "./codec.ts";

/** TR-069 A.4.2.2. */
export const requestDownload: MessageCodec<"RequestDownload"> = {
  encode(message) {
    let content = "";
    for (const { name, value } of message.arguments)
      content += `<ArgStruct>${tag("Name", name)}${tag("Value", value)}</ArgStruct>`;
    return (
      tag("FileType", message.fileType) +
      array("FileTypeArg", "cwmp:ArgStruct", message.arguments.length, content)
    );
  },
  decode: (element) => ({
    method: "RequestDownload",
    fileType: requiredText(element, "FileType"),
    arguments: items(element, "FileTypeArg").map((item) => ({
      name: text(item, "Name").trim(),
      value: text(item, "Value"),
    })),
  }),
};

export const requestDownloadResponse: MessageCodec<"RequestDownloadResponse"> = {
  encode: () => "",
  decode: () => ({ method: "RequestDownloadResponse" }),
};
