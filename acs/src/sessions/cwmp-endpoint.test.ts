import { encodeEnvelope } from "@tonalite/agent/core/cwmp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerChallenge } from "../connection-request/digest-client.ts";
import { cwmpHa1 } from "../secrets/credentials.ts";
import { largestBody } from "./cwmp-endpoint.ts";
import { ScriptedCpe } from "./scripted-cpe.ts";
import { openTestEndpoint } from "./test-endpoint.ts";

type Endpoint = Awaited<ReturnType<typeof openTestEndpoint>>;

describe("the CWMP endpoint", () => {
  let acs: Endpoint;
  beforeAll(async () => {
    acs = await openTestEndpoint();
  });
  afterAll(() => acs?.close());

  const warned = (text: string): boolean =>
    acs.heard.log.some((line) => line.level === "warn" && JSON.stringify(line).includes(text));

  it("challenges strangers with both algorithms and does not parse what they send", async () => {
    const cpe = new ScriptedCpe(`${acs.url}/`);
    const answer = await cpe.post("<not even xml");
    expect(answer.status).toBe(401);
    expect(answer.challenges.join()).toMatch(/algorithm=SHA-256.*algorithm=MD5/);
  });

  it("refuses an unknown user and a wrong password, and says so in the log without the secret", async () => {
    const cpe = new ScriptedCpe(`${acs.url}/`);
    cpe.username = "nobody-knows-me";
    cpe.password = "guess";
    expect(await cpe.session()).toBe(401);
    expect(warned("nobody-knows-me")).toBe(true);
    const { cpe: known } = await acs.box();
    known.password = "wrong-secret-word";
    expect(await known.session()).toBe(401);
    expect(warned("wrong digest")).toBe(true);
    expect(JSON.stringify(acs.heard.log)).not.toContain("wrong-secret-word");
  });

  it("refuses a device that speaks for another", async () => {
    const { cpe: one } = await acs.box();
    const { cpe: other } = await acs.box();
    one.identity.serialNumber = other.identity.serialNumber;
    expect(await one.session()).toBe(401);
  });

  it("refuses the same digest twice", async () => {
    const { cpe } = await acs.box();
    const { challenges } = await cpe.post("");
    const authorization = answerChallenge(challenges, cpe, "POST", "/") ?? "";
    expect((await cpe.post("", { authorization })).status).toBe(400);
    const again = await cpe.post("", { authorization });
    expect(again.status).toBe(401);
    expect(again.challenges.join()).toContain("stale=true");
  });

  it("takes a new password at once, and the former one no longer", async () => {
    const { cpe, id } = await acs.box();
    expect(await cpe.session()).toBe(204);
    await acs.store.db
      .updateTable("devices")
      .set({ cwmp_ha1: JSON.stringify(cwmpHa1(id, "another password")) })
      .where("id", "=", id)
      .execute();
    expect(await cpe.session()).toBe(401);
    cpe.password = "another password";
    expect(await cpe.session()).toBe(204);
  });

  it("forgets a device that is no longer registered", async () => {
    const { cpe, id } = await acs.box();
    expect(await cpe.session()).toBe(204);
    await acs.store.db.deleteFrom("devices").where("id", "=", id).execute();
    expect(await cpe.session()).toBe(401);
    expect(await cpe.session()).toBe(401);
  });

  it("answers malformed XML with a 400 and a SOAP fault, and a body too large with a 413", async () => {
    const { cpe } = await acs.box();
    await cpe.inform(["2 PERIODIC"]);
    const broken = await cpe.post("<soap:Envelope><oops");
    expect(broken.status).toBe(400);
    expect(broken.text).toContain("Fault");
    expect(warned("MALFORMED_XML")).toBe(true);
    const large = await cpe.post("x".repeat(largestBody + 1)).then(
      (answer) => answer.status,
      () => 413, // the connection may end before all is sent
    );
    expect(large).toBe(413);
    expect(await cpe.session()).toBe(204);
  });

  it("answers an unknown method with fault 8000 and the session goes on", async () => {
    const { cpe } = await acs.box();
    await cpe.inform(["2 PERIODIC"]);
    const envelope = encodeEnvelope({
      id: "9",
      namespace: "urn:dslforum-org:cwmp-1-2",
      body: { method: "GetRPCMethods" },
    });
    expect((await cpe.post(envelope)).text).toContain("TransferComplete");
    const unknown = await cpe.post(envelope.replaceAll("GetRPCMethods", "NoSuchMethod"));
    expect(unknown.status).toBe(200);
    expect(unknown.text).toContain("<FaultCode>8000</FaultCode>");
    expect(unknown.text).toContain(">9</cwmp:ID>");
    expect([200, 204]).toContain((await cpe.post("")).status);
  });

  it("begins anew when a second Inform comes inside a session", async () => {
    const { cpe } = await acs.box();
    await cpe.inform(["0 BOOTSTRAP"]);
    expect((await cpe.post("")).text).toContain("GetParameterNames");
    const first = cpe.cookie;
    expect((await cpe.inform(["0 BOOTSTRAP"])).status).toBe(200);
    expect(cpe.cookie).not.toBe(first);
    expect((await cpe.post("")).text).toContain("GetParameterNames");
  });

  it("is not shut to a box that lost power in a session", async () => {
    const { cpe } = await acs.box();
    await cpe.inform(["0 BOOTSTRAP"]);
    await cpe.post("");
    const old = cpe.cookie;
    expect(await cpe.session(["1 BOOT"])).toBe(204);
    cpe.cookie = old;
    expect((await cpe.post("")).status).toBe(401);
  });

  it("ends a session out of turn: an empty request instead of an answer, an answer to nothing", async () => {
    const { cpe } = await acs.box();
    await cpe.inform(["0 BOOTSTRAP"]);
    await cpe.post("");
    expect((await cpe.post("")).status).toBe(400);
    expect(await cpe.session(["0 BOOTSTRAP"])).toBe(204);
    await cpe.inform(["2 PERIODIC"]);
    const answer = encodeEnvelope({
      id: "1",
      namespace: "urn:dslforum-org:cwmp-1-2",
      body: { method: "RebootResponse" },
    });
    expect((await cpe.post(answer)).status).toBe(400);
  });

  it("takes an Inform with a parameter twice, and with one that cannot be stored", async () => {
    const { cpe, id } = await acs.box();
    cpe.define(`Device.X.${"y".repeat(5000)}`, "long", { informed: true });
    cpe.define("Device.X.Odd", "\u{1F4DE} <&>", { informed: true });
    expect(await cpe.session()).toBe(204);
    const odd = await acs.store.db
      .selectFrom("device_parameters")
      .select("value")
      .where("device_id", "=", id)
      .where("path", "=", "Device.X.Odd")
      .executeTakeFirst();
    expect(odd?.value).toBe("\u{1F4DE} <&>");
  });
});

describe("open enrolment", () => {
  let acs: Endpoint;
  beforeAll(async () => {
    acs = await openTestEndpoint({ openEnrolment: true });
  });
  afterAll(() => acs?.close());

  it("lets an unknown device in with a warning, and gives it credentials for downloads", async () => {
    const cpe = new ScriptedCpe(`${acs.url}/`);
    cpe.identity.serialNumber = "E1";
    expect(await cpe.session(["0 BOOTSTRAP"])).toBe(204);
    expect(await cpe.session()).toBe(204);
    const row = await acs.store.db
      .selectFrom("devices")
      .selectAll()
      .where("id", "=", "0011AA-box-E1")
      .executeTakeFirstOrThrow();
    expect(row).toMatchObject({
      open_enrolled: true,
      endpoint_id: "os::0011AA-E1",
      cwmp_username: "0011AA-box-E1",
    });
    expect(
      acs.heard.log.some(({ level, message }) => level === "warn" && message.includes("open enrolment")),
    ).toBe(true);
  });

  it("still asks a registered device for proof", async () => {
    const { cpe } = await acs.box();
    const impostor = new ScriptedCpe(`${acs.url}/`);
    impostor.identity.serialNumber = cpe.identity.serialNumber;
    expect(await impostor.session()).toBe(401);
    expect(await cpe.session()).toBe(204);
  });

  it("refuses an identity that makes no sense", async () => {
    const cpe = new ScriptedCpe(`${acs.url}/`);
    cpe.identity.oui = "nothex";
    expect(await cpe.session()).toBe(401);
  });
});
