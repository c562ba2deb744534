import { describe, expect, it } from "vitest";
import { decodeLightMessage, encodeLightNotification, lightHeader, shareOut } from "./lightweight.ts";
import type { ParameterValueStruct } from "./types.ts";
import { parseXml } from "./xml.ts";

const uptime: ParameterValueStruct = { path: "Device.A", value: "a<b&c", type: "string" };
const notification = {
  timestamp: 1_795_000_000,
  username: "00AABB-1",
  cnonce: "c0ffee",
  deviceId: { oui: "00AABB", productClass: "ATA", serialNumber: "1" },
  parameters: [uptime, { path: "Device.B", value: "7", type: "unsignedInt" } as const],
};

describe("a lightweight notification", () => {
  it("has the elements of its schema, in their order and namespace", () => {
    const body = encodeLightNotification(notification);
    const root = parseXml(body);
    expect(root.name).toBe("Notification");
    expect(root.attributes["xmlns"]).toBe("urn:broadband-forum-org:cwmp:lwnotif-1-0");
    expect(root.children.map(({ name, text }) => [name, text])).toEqual([
      ["TS", "1795000000"],
      ["UN", "00AABB-1"],
      ["CN", "c0ffee"],
      ["OUI", "00AABB"],
      ["ProductClass", "ATA"],
      ["SerialNumber", "1"],
      ["Param", ""],
      ["Param", ""],
    ]);
    const values = root.children.slice(6).map(({ children }) => children.map(({ text }) => text));
    expect(values).toEqual([
      ["Device.A", "a<b&c"],
      ["Device.B", "7"],
    ]);
    expect(body).toContain('<Value xsi:type="xsd:unsignedInt">7</Value>');
  });

  it("travels as an HTTP request", () => {
    expect(lightHeader("acs.example", 12, "AB")).toBe(
      'POST / HTTP/1.1\r\nHost: acs.example\r\nContent-Type: text/xml; charset="utf-8"\r\nContent-Length: 12\r\nSignature: AB\r\n\r\n',
    );
  });

  it("shares many values out, none lost, each message of a size that travels whole", () => {
    const many = Array.from({ length: 40 }, (_, index): ParameterValueStruct => ({
      path: `Device.Services.VoiceService.1.P${index}`,
      value: "x".repeat(index === 20 ? 2000 : index),
      type: "string",
    }));
    const shares = shareOut(many);
    expect(shares.flat()).toEqual(many);
    for (const parameters of shares) {
      const { length } = encodeLightNotification({ ...notification, parameters });
      if (parameters.length > 1) expect(length).toBeLessThan(1400);
    }
    expect(shares.length).toBeLessThan(many.length / 2);
    expect(shareOut([])).toEqual([]);
  });

  describe("as a datagram", () => {
    const body = Buffer.from(encodeLightNotification(notification));
    const signature = "AB".repeat(20);
    const datagram = (head = lightHeader("acs.example", body.length, signature)) =>
      Buffer.concat([Buffer.from(head), body]);

    it("is read again as it was written", () => {
      const message = decodeLightMessage(datagram());
      expect(message?.notification).toEqual({
        ...notification,
        parameters: notification.parameters.map(({ path, value }) => ({ path, value })),
      });
      expect(message?.signature).toBe(signature.toLowerCase());
      expect(Buffer.from(message?.body ?? []).equals(body)).toBe(true);
    });

    it.each([
      ["cut", datagram().subarray(0, -1)],
      ["without its signature", datagram(lightHeader("h", body.length, ""))],
      ["with another length", datagram(lightHeader("h", body.length + 1, signature))],
      ["another request", datagram(lightHeader("h", body.length, signature).replace("POST", "GET"))],
      ["too long", Buffer.concat([datagram(), Buffer.alloc(9000)])],
      ["of another kind", Buffer.from("\0\u0001\0\0")],
      ["nothing", Buffer.alloc(0)],
    ])("%s is passed over", (_what, bytes) => expect(decodeLightMessage(bytes)).toBeUndefined());

    it("is passed over when its content is not whole", () => {
      for (const [from, to] of [
        ["<TS>1795000000</TS>", "<TS>soon</TS>"],
        ["<CN>c0ffee</CN>", "<CN></CN>"],
        ["</Notification>", ""],
        ["Notification", "Other"],
      ] as const) {
        const changed = Buffer.from(body.toString().replaceAll(from, to));
        const bytes = Buffer.concat([Buffer.from(lightHeader("h", changed.length, signature)), changed]);
        expect(decodeLightMessage(bytes)).toBeUndefined();
      }
    });
  });
});
