import {
  array,
  child,
  count,
  decodeValues,
  encodeValues,
  items,
  type MessageCodec,
  requiredText,
  tag,
  text,
} from "./codec.ts";

/** TR-069 A.3.3.1. */
export const inform: MessageCodec<"Inform"> = {
  encode({ deviceId, events, maxEnvelopes, currentTime, retryCount, parameters }) {
    let list = "";
    for (const { eventCode, commandKey } of events) {
      list += `<EventStruct>${tag("EventCode", eventCode)}${tag("CommandKey", commandKey)}</EventStruct>`;
    }
    return (
      `<DeviceId>${tag("Manufacturer", deviceId.manufacturer)}${tag("OUI", deviceId.oui)}` +
      `${tag("ProductClass", deviceId.productClass)}${tag("SerialNumber", deviceId.serialNumber)}</DeviceId>` +
      array("Event", "cwmp:EventStruct", events.length, list) +
      tag("MaxEnvelopes", maxEnvelopes) +
      tag("CurrentTime", currentTime) +
      tag("RetryCount", retryCount) +
      encodeValues(parameters)
    );
  },
  decode(element) {
    const id = child(element, "DeviceId");
    return {
      method: "Inform",
      deviceId: {
        manufacturer: text(id, "Manufacturer").trim(),
        oui: requiredText(id, "OUI"),
        productClass: text(id, "ProductClass").trim(),
        serialNumber: requiredText(id, "SerialNumber"),
      },
      events: items(element, "Event").map((event) => ({
        eventCode: requiredText(event, "EventCode"),
        commandKey: text(event, "CommandKey"),
      })),
      maxEnvelopes: count(element, "MaxEnvelopes", 1),
      currentTime: text(element, "CurrentTime").trim(),
      retryCount: count(element, "RetryCount", 0),
      parameters: decodeValues(element),
    };
  },
};

export const informResponse: MessageCodec<"InformResponse"> = {
  encode: ({ maxEnvelopes }) => tag("MaxEnvelopes", maxEnvelopes),
  decode: (element) => ({ method: "InformResponse", maxEnvelopes: count(element, "MaxEnvelopes", 1) }),
};
