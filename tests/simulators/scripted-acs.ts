import { createHash } from "node:crypto";
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { decodeEnvelope, encodeEnvelope } from "@tonalite/agent/core/cwmp";
import type { CwmpMessage, Envelope, MessageOf } from "@tonalite/agent/core/cwmp";

/** How an ACS writes what it says: every vendor has a way of its own. */
export type Taste = (xml: string) => string | Buffer;

/** What the ACS does instead of answering one message: a status, a fault, a dropped connection, or text as it is. */
export type Trouble =
  | { status: number; headers?: Record<string, string> }
  | { faultCode: number }
  | { drop: true }
  | { text: string };

/** One session as the ACS saw it. */
export type SeenSession = { inform: MessageOf<"Inform">; messages: CwmpMessage[]; ended: boolean };

type Order = { request: CwmpMessage | { text: string }; answered: (message: CwmpMessage) => void };

/**
 * An ACS for tests: answers what a device must be told, asks what the test orders, in the taste of the test's choice, and
 * keeps every message of the device as it came.
 */
export class ScriptedAcs {
  readonly sessions: SeenSession[] = [];
  /** Every message of the device, as it was sent. */
  readonly raw: string[] = [];
  taste: Taste = (xml) => xml;
  /** Headers of the InformResponse's envelope. */
  informHeaders: Pick<Envelope, "holdRequests" | "useVersion"> = {};
  namespace: Envelope["namespace"] = "urn:dslforum-org:cwmp-1-0";
  /** Content encodings of the device's messages, "" for none. */
  readonly encodings: string[] = [];
  /** Asked before each answer. */
  trouble: (message: CwmpMessage | undefined) => Trouble | undefined = () => undefined;
  readonly #orders: Order[] = [];
  readonly #server: Server;
  #waiting: Order | undefined;
  #stays = false;
  /** Goes on with a session that waits for an order. */
  #goOn = (): void => {};
  #url = "";
  #count = 0;

  constructor() {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((listening) => void this.#server.listen(0, "127.0.0.1", listening));
    this.#url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/acs`;
    return this.#url;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((done) => void this.#server.close(() => done()));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Asks in the device's next session (or in the present one), after what was ordered before; text goes out as it is. */
  order(request: CwmpMessage | { text: string }): Promise<CwmpMessage> {
    return new Promise((answered) => {
      this.#orders.push({ request, answered });
      this.#goOn();
    });
  }

  /** Whether sessions stay open for orders to come. */
  stay(stays: boolean): void {
    this.#stays = stays;
    this.#goOn();
  }

  /** The value of a parameter as the device last told it of its own accord. */
  informed(path: string): string | undefined {
    return this.sessions
      .flatMap(({ inform }) => inform.parameters)
      .findLast((parameter) => parameter.path === path)?.value;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const encoding = request.headers["content-encoding"] ?? "";
    const text = (encoding === "gzip" ? gunzipSync(bytes) : bytes).toString("utf8");
    if (text !== "") {
      this.raw.push(text);
      this.encodings.push(encoding);
    }
    const envelope = text === "" ? undefined : decodeEnvelope(text);
    const message = envelope?.body;
    const trouble = this.trouble(message);
    if (trouble !== undefined) {
      this.#answerTrouble(trouble, response, envelope);
      return;
    }
    if (message?.method === "Inform") {
      this.#waiting = undefined;
      this.sessions.push({ inform: message, messages: [message], ended: false });
      response.setHeader("Set-Cookie", [`session=${this.sessions.length}; Path=/acs`, "flavour=plain"]);
      this.#say(response, { method: "InformResponse", maxEnvelopes: 1 }, envelope?.id, this.informHeaders);
      return;
    }
    const session = this.sessions.at(-1);
    const cookie = request.headers.cookie ?? "";
    if (session === undefined || !cookie.includes(`session=${this.sessions.length}`)) {
      response.writeHead(400).end();
      return;
    }
    if (message !== undefined) session.messages.push(message);
    if (message !== undefined && envelope !== undefined && this.#isAsked(message)) {
      this.#say(response, answerTo(message), envelope.id);
      return;
    }
    if (message !== undefined) this.#waiting?.answered(message);
    this.#waiting = undefined;
    if (this.#orders.length === 0 && this.#stays) await new Promise<void>((goOn) => (this.#goOn = goOn));
    if (response.destroyed) return;
    this.#waiting = this.#orders.shift();
    if (this.#waiting === undefined) {
      session.ended = true;
      response.writeHead(204).end();
      return;
    }
    this.#count += 1;
    if ("text" in this.#waiting.request) {
      response.writeHead(200).end(this.#waiting.request.text);
      return;
    }
    this.#say(response, this.#waiting.request, `acs-${this.#count}`);
  }

  #isAsked({ method }: CwmpMessage): boolean {
    return !method.endsWith("Response") && method !== "Fault";
  }

  #say(
    response: ServerResponse,
    body: CwmpMessage,
    id: string | undefined,
    headers: Pick<Envelope, "holdRequests" | "useVersion"> = {},
  ): void {
    const xml = encodeEnvelope({
      ...(id === undefined ? {} : { id }),
      ...headers,
      namespace: this.namespace,
      body,
    });
    response.writeHead(200, { "Content-Type": "text/xml" }).end(this.taste(xml));
  }

  #answerTrouble(trouble: Trouble, response: ServerResponse, envelope: Envelope | undefined): void {
    if ("drop" in trouble) response.destroy();
    else if ("status" in trouble) response.writeHead(trouble.status, trouble.headers).end();
    else if ("text" in trouble) response.writeHead(200).end(trouble.text);
    else {
      const { faultCode } = trouble;
      const body = { method: "Fault", faultCode, faultString: "trouble", soapCode: "Server" } as const;
      this.#say(response, body, envelope?.id);
    }
  }
}

const methods = [
  "Inform",
  "GetRPCMethods",
  "TransferComplete",
  "AutonomousTransferComplete",
  "RequestDownload",
];
const answers: Readonly<Record<string, CwmpMessage>> = {
  TransferComplete: { method: "TransferCompleteResponse" },
  AutonomousTransferComplete: { method: "AutonomousTransferCompleteResponse" },
  RequestDownload: { method: "RequestDownloadResponse" },
  GetRPCMethods: { method: "GetRPCMethodsResponse", methods },
};

const answerTo = ({ method }: CwmpMessage): CwmpMessage =>
  answers[method] ?? { method: "Fault", faultCode: 8000, faultString: `no ${method}`, soapCode: "Client" };

/** Knocks at a device's door as TR-069 §3.2.2 says; the status of its answer. */
export async function knock(url: string, username: string, password: string): Promise<number> {
  const ask = (headers: Record<string, string>): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      get(url, { headers, agent: false }, (response) => {
        response.resume();
        resolve(response);
      }).on("error", reject);
    });
  const challenge = (await ask({})).headers["www-authenticate"] ?? "";
  const field = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? "";
  const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
  const [realm, nonce, uri] = [field("realm"), field("nonce"), new URL(url).pathname];
  const secret = md5(`${username}:${realm}:${password}`);
  const response = md5(`${secret}:${nonce}:00000001:c:auth:${md5(`GET:${uri}`)}`);
  const authorization =
    `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", algorithm=MD5, ` +
    `response="${response}", qop=auth, nc=00000001, cnonce="c"`;
  return (await ask({ authorization })).statusCode ?? 0;
}
