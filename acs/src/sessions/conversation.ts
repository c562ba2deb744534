import type { CwmpMessage, MessageOf } from "@tonalite/agent/core/cwmp";
import { closeDownload, markSent } from "../devices/command-store.ts";
import { nextStep } from "../devices/plan.ts";
import { answerTo, takeAnswer } from "./answers.ts";
import type { Session } from "./session.ts";
import { loadPlan } from "./situation.ts";
import type { Southbound } from "./southbound.ts";

/** What the ACS says next: an RPC of its own, an answer to the device's, or nothing more. */
export type Reply = { say: "request" | "response"; message: CwmpMessage } | { say: "nothing" };

/** A message that has no place in this session. */
export class ConversationError extends Error {
  override readonly name = "ConversationError";
}

// Discovery of 60,000 parameters, 100 pages of journal and every command fit; an endless loop does not.
const rpcsAtMost = 500;
const firmwareFile = "1 Firmware Upgrade Image";
const requestDenied = 8001; // TR-069 table 65
const nothing: Reply = { say: "nothing" };

/** The device has nothing to say: the ACS's turn (TR-069 §3.7.1.4, an empty POST). */
export async function takeTurn(southbound: Southbound, session: Session): Promise<Reply> {
  if (session.outstanding)
    throw new ConversationError(
      `an empty request instead of the answer to ${session.outstanding.rpc.method}`,
    );
  if (!session.work) return nothing;
  session.plan ??= await loadPlan(southbound, session);
  const { plan } = session;
  if (!plan) return nothing;
  const step = session.sent < rpcsAtMost ? nextStep(plan.situation, plan.context) : undefined;
  if (!step) {
    settle(southbound, session);
    return nothing;
  }
  if (step.for === "command") await markSent(southbound, session.deviceId, step.command);
  session.outstanding = step;
  session.sent++;
  return { say: "request", message: step.rpc };
}

/** A message of the device within the session: the answer to our RPC, or an RPC of its own. */
export async function takeMessage(
  southbound: Southbound,
  session: Session,
  message: CwmpMessage,
): Promise<Reply> {
  if (message.method === "TransferComplete") {
    const { commandKey, fault } = message;
    await closeDownload(southbound, session.deviceId, commandKey);
    await southbound.hooks.noteTransferComplete(
      session.deviceId,
      commandKey,
      fault.code === 0 ? null : fault,
    );
    southbound.log.info({ deviceId: session.deviceId, commandKey, code: fault.code }, "transfer complete");
    return { say: "response", message: { method: "TransferCompleteResponse" } };
  }
  if (message.method === "AutonomousTransferComplete") {
    const { fault, fileType, transferUrl } = message;
    const detail = { deviceId: session.deviceId, fileType, transferUrl, code: fault.code };
    southbound.log.info(detail, "a transfer that was not asked for here");
    return { say: "response", message: { method: "AutonomousTransferCompleteResponse" } };
  }
  if (message.method === "RequestDownload") return await takeRequestDownload(southbound, session, message);
  if (message.method === "GetRPCMethods") {
    const methods = [
      "Inform",
      "GetRPCMethods",
      "TransferComplete",
      "AutonomousTransferComplete",
      "RequestDownload",
    ];
    return { say: "response", message: { method: "GetRPCMethodsResponse", methods } };
  }
  const step = session.outstanding;
  if (!step || !session.plan) throw new ConversationError(`${message.method} answers nothing that was asked`);
  if (message.method !== "Fault" && message.method !== answerTo(step))
    throw new ConversationError(`${message.method} instead of the answer to ${step.rpc.method}`);
  await takeAnswer(southbound, session, session.plan, step, message);
  session.outstanding = undefined;
  return await takeTurn(southbound, session);
}

/** TR-069 A.4.2.2: the answer promises nothing; what the device gets comes as a Download, in this session if it can. */
async function takeRequestDownload(
  { hooks, log }: Southbound,
  session: Session,
  { fileType }: MessageOf<"RequestDownload">,
): Promise<Reply> {
  const { deviceId } = session;
  if (fileType !== firmwareFile) {
    const words = `there are no files of type ${fileType.slice(0, 64)} here`;
    log.info(
      { deviceId, fileType: fileType.slice(0, 64) },
      "the device asks for a file that is not given out",
    );
    const faultString = words;
    return {
      say: "response",
      message: { method: "Fault", faultCode: requestDenied, faultString, soapCode: "Client" },
    };
  }
  await hooks.firmwareAsked(deviceId);
  session.work = true;
  if (!session.outstanding) session.plan = undefined;
  return { say: "response", message: { method: "RequestDownloadResponse" } };
}

/** Nothing is left to do at this revision: until something changes, the device's Informs need no plan. */
function settle({ log }: Southbound, session: Session): void {
  const { plan, known } = session;
  if (!plan) return;
  if (session.sent >= rpcsAtMost)
    log.warn({ deviceId: session.deviceId, rpcs: session.sent }, "session ended: too long");
  else if (!plan.situation.leaving)
    known.settled = { revision: plan.revision, parameterKey: plan.situation.reportedKey };
}
