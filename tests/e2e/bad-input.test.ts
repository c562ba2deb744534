import { createHash } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dial, eventually, hangUp, heardTone, openStage, registered } from "./stage.ts";
import type { Stage } from "./stage.ts";

/* What strangers and broken peers send. Each gets a clear answer; afterwards everything still works. */
describe("bad input", () => {
  let stage: Stage;
  let cwmp: string;
  beforeAll(async () => {
    stage = await openStage();
    await registered(stage);
    cwmp = `http://127.0.0.1:${stage.acs.ports.cwmp}/`;
  });
  afterAll(() => stage?.close());

  const post = (body: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(cwmp, { method: "POST", body, headers: { "content-type": "text/xml", ...headers } });

  const inform = (serial: string): string => `<?xml version="1.0"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:cwmp="urn:dslforum-org:cwmp-1-0"><soap:Header>
<cwmp:ID soap:mustUnderstand="1">1</cwmp:ID></soap:Header><soap:Body><cwmp:Inform><DeviceId><Manufacturer>X</Manufacturer>
<OUI>0011AA</OUI><ProductClass>x</ProductClass><SerialNumber>${serial}</SerialNumber></DeviceId><Event><EventStruct>
<EventCode>2 PERIODIC</EventCode><CommandKey/></EventStruct></Event><MaxEnvelopes>1</MaxEnvelopes>
<CurrentTime>2026-01-01T00:00:00Z</CurrentTime><RetryCount>0</RetryCount><ParameterList/></cwmp:Inform></soap:Body></soap:Envelope>`;

  /** A correct digest answer (RFC 7616, MD5, qop auth) to the challenge of `response`. */
  function digest(response: Response, user: string, password: string): string {
    const challenge = response.headers.get("www-authenticate") ?? "";
    const part = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? "";
    const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
    const [realm, nonce, opaque] = [part("realm"), part("nonce"), part("opaque")];
    const ha1 = md5(`${user}:${realm}:${password}`);
    const answer = md5(`${ha1}:${nonce}:00000001:abcdef:auth:${md5("POST:/")}`);
    return (
      `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="/", response="${answer}", algorithm=MD5, ` +
      `qop=auth, nc=00000001, cnonce="abcdef"${opaque === "" ? "" : `, opaque="${opaque}"`}`
    );
  }

  it("malformed XML from an unknown peer gets no further than the challenge", async () => {
    expect((await post("<soap:Envelope><oops")).status).toBe(401);
  });

  it("malformed XML from a known device is a 400 or a SOAP fault, and logged", async () => {
    const { user, password } = await freshDevice("MALFORMED1");
    const response = await post("<soap:Envelope><oops", {
      authorization: digest(await post(""), user, password),
    });
    expect(response.status).toBe(400);
    await eventually("a log line", () =>
      /malformed|not well-formed|unclosed/i.test(stage.acs.child.output()) ? true : undefined,
    );
  });

  it("a body beyond the limit is a 413", async () => {
    const big = `<a>${"x".repeat(20 * 1024 * 1024)}</a>`;
    // The server may close before everything is sent; both say the same to a client.
    const status = await post(big).then(
      (response) => response.status,
      () => 413,
    );
    expect(status).toBe(413);
  });

  it("an unknown device and a wrong password are refused with 401 and logged", async () => {
    const challenge = await post(inform("STRANGER"));
    expect(challenge.status).toBe(401);
    const refused = await post(inform("STRANGER"), { authorization: digest(challenge, "stranger", "guess") });
    expect(refused.status).toBe(401);
    await eventually("a log line about the stranger", () =>
      stage.acs.child.output().includes("stranger") ? true : undefined,
    );
    const { user } = await freshDevice("WRONGPASS1");
    const wrong = await post(inform("WRONGPASS1"), {
      authorization: digest(await post(""), user, "not the password"),
    });
    expect(wrong.status).toBe(401);
    expect(stage.acs.child.output()).not.toContain("not the password");
  });

  it("a device cannot speak for another", async () => {
    const { user, password } = await freshDevice("MYSELF1");
    const response = await post(inform("SOMEBODYELSE"), {
      authorization: digest(await post(""), user, password),
    });
    expect(response.status).toBeGreaterThanOrEqual(400);
  });

  it("garbage on the MQTT port does not disturb the broker", async () => {
    const socket = connect(stage.acs.ports.mqtt, "127.0.0.1");
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined);
    socket.write(Buffer.from("GET / HTTP/1.1\r\n\r\n\0\xff\xfe".repeat(20), "latin1"));
    await closed;
  });

  it("garbage and hostile SIP at the box's port do not disturb the line", async () => {
    const status = (await stage.ata.phone("status"))["status"] as { sipPort?: number };
    expect(status.sipPort).toBeGreaterThan(0);
    const socket = createSocket("udp4");
    const send = (data: string | Buffer): Promise<void> =>
      new Promise((resolve) => socket.send(data, status.sipPort ?? 0, "127.0.0.1", () => resolve()));
    for (let round = 0; round < 50; round++) {
      await send(Buffer.from(Array.from({ length: 200 }, (_, i) => (i * 37 + round * 11) % 256)));
      await send(`INVITE sip:${"x".repeat(5000)} SIP/2.0\r\nVia: ;;;\r\nContent-Length: 99999\r\n\r\nv=0`);
      await send("SIP/2.0 200 OK\r\nCSeq: 1 REGISTER\r\nContent-Length: -5\r\n\r\n");
    }
    socket.close();
  });

  it("the API refuses a request without token, one that is not JSON, and one that is not valid, in words", async () => {
    const { url, token } = stage.acs.api;
    expect((await fetch(`${url}/api/devices`)).status).toBe(401);
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const broken = await fetch(`${url}/api/devices`, { method: "POST", headers, body: "{" });
    expect(broken.status).toBe(400);
    expect(broken.headers.get("content-type")).toContain("application/problem+json");
    const invalid = await fetch(`${url}/api/devices`, {
      method: "POST",
      headers,
      body: JSON.stringify({ oui: "x" }),
    });
    expect([400, 422]).toContain(invalid.status);
    expect(JSON.stringify(await invalid.json())).toContain("oui");
  });

  it("leaves everything working: the box phones and its record arrives", async () => {
    const known = (await stage.calls()).length;
    await dial(stage, "9001");
    await heardTone(stage, "busy");
    await hangUp(stage);
    await eventually("the record", async () => ((await stage.calls()).length > known ? true : undefined));
    expect((await stage.device()).lines[0]?.status).toBe("Up");
  });

  async function freshDevice(serialNumber: string): Promise<{ user: string; password: string }> {
    const answer = await stage.acs.api.post<{ credentials: { cwmpUsername: string; cwmpPassword: string } }>(
      "/api/devices",
      {
        oui: "0011AA",
        productClass: "x",
        serialNumber,
        profile: "virtual/sim",
        provider: "ippi",
        region: "fr",
      },
    );
    return { user: answer.credentials.cwmpUsername, password: answer.credentials.cwmpPassword };
  }
});
