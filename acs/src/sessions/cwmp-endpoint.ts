import {
  CwmpError,
  type CwmpVersion,
  decodeEnvelope,
  encodeEnvelope,
  type Envelope,
  type MessageOf,
} from "@tonalite/agent/core/cwmp";
import type { Profiles } from "@tonalite/device-profiles";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { findDevice } from "../devices/repository.ts";
import { noticeValues } from "../devices/values-noticed.ts";
import { ConversationError, type Reply, takeMessage, takeTurn } from "./conversation.ts";
import { provenBox } from "../tls/tls-servers.ts";
import { createDigestGuard } from "./digest.ts";
import { type Admission, createGate } from "./gate.ts";
import { hasWork, readInform, rememberInform } from "./inform-intake.ts";
import { createInformWriter } from "./inform-writer.ts";
import { limitedWarnings } from "./limited-log.ts";
import { openSession, type Session } from "./session.ts";
import { SessionTable } from "./session-table.ts";
import type { Southbound } from "./southbound.ts";

/** A full data model of some 5,000 parameters in one answer; the codec has the same limit. */
export const largestBody = 4 * 1024 * 1024;

const cookieName = "tonalite";
const xml = 'text/xml; charset="utf-8"'; // TR-069 §3.4.1
const sweepEveryMs = 15_000;

/** CWMP faults of the ACS (TR-069 table 65). */
const fault = { methodNotSupported: 8000, internal: 8002, invalidArguments: 8003, retry: 8005 } as const;

/**
 * `POST /`: the CWMP endpoint. A device proves who it is, tells its Inform, and gets what the plan says until nothing
 * is left. Every answer follows the durable write that it rests on.
 */
export function registerCwmpEndpoint(app: FastifyInstance, southbound: Southbound, profiles: Profiles): void {
  const { log, bus, db, devices } = southbound;
  const sessions = new SessionTable<Session>();
  const guard = createDigestGuard();
  const gate = createGate(southbound, guard, profiles);
  const writer = createInformWriter(southbound.pool, log);
  const warn = limitedWarnings(log);

  const sweep = setInterval(() => sessions.expire(), sweepEveryMs);
  sweep.unref();
  app.addHook("onClose", (_app, done) => {
    clearInterval(sweep);
    done();
  });

  const refuse = (
    request: FastifyRequest,
    reply: FastifyReply,
    { stale, reason }: Admission & { admitted: false },
  ) => {
    if (reason !== undefined) warn({ from: request.ip, reason }, "device refused");
    return reply
      .code(401)
      .header("www-authenticate", guard.challenge(stale))
      .type("text/plain")
      .send("Who are you? HTTP digest authentication is needed.\n");
  };

  const plain = (request: FastifyRequest, reply: FastifyReply, code: number, message: string) => {
    warn({ from: request.ip, code, reason: message }, "request refused");
    return reply.code(code).type("text/plain").send(`${message}\n`);
  };

  app.post("/", { bodyLimit: largestBody }, async (request, reply) => {
    const body = request.body instanceof Buffer && request.body.length > 0 ? request.body : undefined;
    const session = openSessionOf(request, sessions);
    if (session?.busy) return plain(request, reply, 400, "one request at a time in a session");
    if (session) session.busy = true;
    try {
      if (session && !body) return speak(reply, session, await takeTurn(southbound, session));
      // The cookie proves as much as the digest that earned it. A stranger's bytes are not even parsed.
      const sender = session
        ? byCookie(session)
        : await gate.admit(
            request.headers.authorization,
            request.method,
            request.url,
            provenBox(request.socket),
          );
      if (sender !== "open" && !sender.admitted) return refuse(request, reply, sender);
      if (!body) return plain(request, reply, 400, "a session begins with an Inform");
      const envelope = decodeEnvelope(body);
      if (envelope.body.method === "Inform")
        return await takeInform(request, reply, envelope, envelope.body, sender);
      if (!session) return plain(request, reply, 400, `${envelope.body.method} outside a session`);
      return speak(reply, session, await takeMessage(southbound, session, envelope.body), envelope.id);
    } catch (error) {
      return failed(request, reply, session, error);
    } finally {
      if (session) session.busy = false;
    }
  });

  async function takeInform(
    request: FastifyRequest,
    reply: FastifyReply,
    envelope: Envelope,
    inform: MessageOf<"Inform">,
    sender: Admission | "open",
  ): Promise<FastifyReply> {
    const admission = await gate.identify(sender, inform);
    if (!admission.admitted) return refuse(request, reply, admission);
    let { known } = admission;
    const deviceId = known.row.id;
    const baseUrl = baseUrlOf(request);
    if (!baseUrl) return plain(request, reply, 400, "the Host header is not usable");
    const { write, informed, changed } = readInform(inform, known, new Date());
    const revision = await writer.write(write);
    if (revision !== known.row.revision) {
      const row = revision === undefined ? undefined : await findDevice(db, deviceId);
      if (!row) {
        devices.forget(deviceId);
        return refuse(request, reply, {
          admitted: false,
          stale: false,
          reason: `${deviceId} is no longer registered`,
        });
      }
      known = devices.keep(row);
      if (admission.usedHa1 !== undefined && row.cwmp_ha1?.sha256 !== admission.usedHa1)
        return refuse(request, reply, {
          admitted: false,
          stale: false,
          reason: `${deviceId} used its former password`,
        });
    }
    rememberInform(known, write);
    if (changed.length > 0) await noticeValues(southbound, deviceId, changed);
    if (write.bootstrap) known.settled = undefined;
    const complete = { ...informed, revision: known.row.revision };
    const { namespace } = envelope;
    const session = openSession({
      known,
      namespace,
      baseUrl,
      informed: complete,
      work: hasWork(known, complete),
    });
    sessions.add(session);
    bus.publish({ type: "device", deviceId, what: informed.boot ? "boot" : "inform" });
    log.debug({ deviceId, events: informed.events, work: session.work }, "inform");
    const secure = request.protocol === "https" ? "; Secure" : "";
    reply.header("set-cookie", `${cookieName}=${session.token}; Path=/; HttpOnly${secure}`);
    return speak(
      reply,
      session,
      { say: "response", message: { method: "InformResponse", maxEnvelopes: 1 } },
      envelope.id,
      // TR-069 §3.4.7: the newest of what the device offers; all of them are spoken here.
      envelope.supportedVersions?.at(-1),
    );
  }

  function speak(
    reply: FastifyReply,
    session: Session,
    next: Reply,
    answeredId?: string,
    useVersion?: CwmpVersion,
  ): FastifyReply {
    if (next.say === "nothing") {
      sessions.remove(session);
      return reply.code(204).send();
    }
    const id = next.say === "request" ? String(session.sent) : answeredId;
    const { namespace } = session;
    return reply.type(xml).send(
      encodeEnvelope({
        ...(id === undefined ? {} : { id }),
        ...(useVersion === undefined ? {} : { useVersion }),
        namespace,
        body: next.message,
      }),
    );
  }

  function failed(
    request: FastifyRequest,
    reply: FastifyReply,
    session: Session | undefined,
    error: unknown,
  ): FastifyReply {
    const deviceId = session?.deviceId;
    if (error instanceof CwmpError) {
      warn(
        { from: request.ip, deviceId, code: error.code, reason: error.message.slice(0, 200) },
        "message not understood",
      );
      const code =
        error.code === "UNKNOWN_METHOD"
          ? fault.methodNotSupported
          : error.code === "INVALID_ARGUMENTS"
            ? fault.invalidArguments
            : 0;
      // A method we lack or a wrong argument is a matter between CWMP peers; what is no CWMP message is HTTP's.
      const status = code === 0 ? (error.code === "TOO_LARGE" ? 413 : 400) : 200;
      return sendFault(reply.code(status), error.id, code || fault.invalidArguments, error.message, "Client");
    }
    if (session) sessions.remove(session);
    if (error instanceof ConversationError) {
      warn({ from: request.ip, deviceId, reason: error.message }, "session ended: out of turn");
      return reply.code(400).type("text/plain").send(`${error.message}\n`);
    }
    log.error({ deviceId, err: error }, "session failed");
    return sendFault(
      reply.code(503).header("retry-after", "30"),
      undefined,
      fault.retry,
      "the ACS cannot store this now",
      "Server",
    );
  }
}

function sendFault(
  reply: FastifyReply,
  id: string | undefined,
  faultCode: number,
  faultString: string,
  soapCode: "Client" | "Server",
): FastifyReply {
  const body = { method: "Fault" as const, faultCode, faultString: faultString.slice(0, 256), soapCode };
  const namespace = "urn:dslforum-org:cwmp-1-2";
  return reply.type(xml).send(encodeEnvelope({ ...(id === undefined ? {} : { id }), namespace, body }));
}

const byCookie = ({ known }: Session): Admission => ({
  admitted: true,
  known,
  usedHa1: known.row.cwmp_ha1?.sha256,
});

function openSessionOf(request: FastifyRequest, sessions: SessionTable<Session>): Session | undefined {
  const { cookie } = request.headers;
  if (cookie === undefined) return undefined;
  // Some devices send quotes around the value (RFC 2965).
  const token = /(?:^|;\s*)tonalite="?([\w-]{24})"?/.exec(cookie)?.[1];
  return token === undefined ? undefined : sessions.find(token);
}

function baseUrlOf(request: FastifyRequest): string | undefined {
  const { localAddress, localPort } = request.socket;
  const host =
    request.headers.host ??
    (localAddress?.includes(":") ? `[${localAddress}]:${localPort}` : `${localAddress}:${localPort}`);
  const url = /^[\w.:[\]-]{1,253}$/.test(host) ? URL.parse(`${request.protocol}://${host}`) : null;
  return url?.origin;
}
