import { faultCode } from "./error.ts";
import type { UspBody } from "./message.ts";

export type OperateOutcome =
  /** Done, or certain to be done. `afterReply` runs once the answer is on its way: a reboot belongs there. */
  | {
      readonly state: "done";
      readonly output?: Readonly<Record<string, string>>;
      readonly afterReply?: () => void;
    }
  /** Begun; its end comes as an OperationComplete notification. `requestPath` names its row in LocalAgent.Request. */
  | { readonly state: "started"; readonly requestPath: string }
  | { readonly state: "failed"; readonly code: number; readonly message: string };

/** Executes commands of the data model: `command` is its full path with "()", such as "Device.Reboot()". */
export type Operate = (
  command: string,
  args: Readonly<Record<string, string>>,
  commandKey: string,
) => OperateOutcome | Promise<OperateOutcome>;

/** What a command that the device does not have comes to; for the `operate` callback. */
export const unknownCommand = (command: string): OperateOutcome => ({
  state: "failed",
  code: faultCode.invalidPath,
  message: `no such command: ${command}`,
});

const commandForm = /^Device\.(?:(?:[A-Za-z_][\w-]*|\d+)\.)*[A-Za-z_][\w-]*\(\)$/;

export type OperateAnswer = { readonly body: UspBody<"OperateResp">; readonly afterReply?: () => void };

/** Carries out an Operate (TR-369 §7.7). Never throws: what `operate` throws is a command failure. */
export async function answerOperate(operate: Operate, request: UspBody<"Operate">): Promise<OperateAnswer> {
  const outcome = await attempt(operate, request);
  const result = {
    executedCommand: request.command,
    reqObjPath: "",
    reqOutputArgs: undefined,
    cmdFailure: undefined,
  };
  if (outcome.state === "started") {
    return { body: { operationResults: [{ ...result, reqObjPath: outcome.requestPath }] } };
  }
  if (outcome.state === "failed") {
    const cmdFailure = { errCode: outcome.code, errMsg: outcome.message };
    return { body: { operationResults: [{ ...result, cmdFailure }] } };
  }
  const reqOutputArgs = { outputArgs: { ...outcome.output } };
  const body = { operationResults: [{ ...result, reqOutputArgs }] };
  return outcome.afterReply === undefined ? { body } : { body, afterReply: outcome.afterReply };
}

async function attempt(operate: Operate, request: UspBody<"Operate">): Promise<OperateOutcome> {
  if (request.command.length > 512 || !commandForm.test(request.command)) {
    return { state: "failed", code: faultCode.invalidPathSyntax, message: "not the path of a command" };
  }
  try {
    return await operate(request.command, request.inputArgs, request.commandKey);
  } catch (error) {
    const message = error instanceof Error ? error.message : "the command failed";
    return { state: "failed", code: faultCode.commandFailure, message };
  }
}
