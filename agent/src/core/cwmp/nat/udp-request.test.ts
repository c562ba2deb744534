import { describe, expect, it } from "vitest";
import { type Accepted, acceptOnce, decodeUdpRequest, encodeUdpRequest, signedText } from "./index.ts";

const signature = "3545f7b5820d76a3df45a3a509da8d8c38f13512";
const request = {
  timestamp: 1120673700,
  id: 1234,
  username: "CPE57689",
  cnonce: "XTGRWIPC6D3IPXS3",
  signature,
};

describe("a UDP connection request", () => {
  it("is the golden datagram", () => {
    const datagram = encodeUdpRequest("203.0.113.5:7547", request);
    expect(datagram).toBe(
      `GET http://203.0.113.5:7547?ts=1120673700&id=1234&un=CPE57689&cn=XTGRWIPC6D3IPXS3&sig=${signature} HTTP/1.1\r\n\r\n`,
    );
    expect(decodeUdpRequest(datagram)).toEqual(request);
    expect(signedText(request)).toBe("11206737001234CPE57689XTGRWIPC6D3IPXS3");
  });

  it("reads back names with signs in them, and what other ACSs add", () => {
    const odd = { ...request, username: "a b&c=d%é" };
    expect(decodeUdpRequest(encodeUdpRequest("h", odd))).toEqual(odd);
    const upper = encodeUdpRequest("h", request).replace(signature, signature.toUpperCase());
    expect(decodeUdpRequest(`${upper.slice(0, -2)}Host: h\r\n\r\n`)).toEqual(request);
  });

  const good = encodeUdpRequest("h", request);
  it.each([
    ["another method", good.replace("GET", "POST")],
    ["another protocol", good.replace("http:", "https:")],
    ["no signature", good.replace(/&sig=\w+/, "")],
    ["a short signature", good.replace(signature, "35")],
    ["no cnonce", good.replace(/cn=\w+/, "cn=")],
    ["a field twice", good.replace("id=1234", "id=1234&id=5")],
    ["a timestamp that is none", good.replace("ts=1120673700", "ts=now")],
    ["another spelling of the number that was signed", good.replace("id=1234", "id=01234")],
    ["a broken escape", good.replace("un=CPE57689", "un=%E0%A4%A")],
    ["no line's end", good.trim()],
    ["a long one", good.replace("CPE57689", "x".repeat(2000))],
    ["nothing", ""],
  ])("is nothing with %s", (_name, datagram) => {
    expect(decodeUdpRequest(datagram)).toBeUndefined();
  });

  it("is taken once, and never after a newer one", () => {
    const at = (timestamp: number, id: number) => ({ ...request, timestamp, id });
    let last: Accepted | undefined;
    const taken = (timestamp: number, id: number): boolean => {
      const next = acceptOnce(last, at(timestamp, id));
      last = next ?? last;
      return next !== undefined;
    };
    expect([taken(100, 1), taken(100, 1), taken(100, 2), taken(99, 3), taken(101, 1), taken(100, 9)]).toEqual(
      [true, false, true, false, true, false],
    );
    for (let id = 2; id < 100; id += 1) taken(101, id);
    expect(last?.ids.length).toBeLessThanOrEqual(32);
  });
});
