import type { UspBody } from "@tonalite/agent/core/usp";
import { type ParameterFault, UspRequestError } from "./request-error.ts";

export type PathValue = { readonly path: string; readonly value: string };
export type GetResult = { readonly values: readonly PathValue[]; readonly faults: readonly ParameterFault[] };
/** `required` (the default) fails its object when the parameter cannot be set. */
export type SetParameter = PathValue & { readonly required?: boolean };
export type SetResult = {
  readonly changed: readonly PathValue[];
  readonly faults: readonly ParameterFault[];
};
export type OperateResult =
  | { readonly state: "done"; readonly output: Readonly<Record<string, string>> }
  | { readonly state: "started"; readonly requestPath: string };

export function getResult(body: UspBody<"GetResp">): GetResult {
  const values: PathValue[] = [];
  const faults: ParameterFault[] = [];
  for (const { requestedPath, errCode, errMsg, resolvedPathResults } of body.reqPathResults) {
    if (errCode !== 0) faults.push({ path: requestedPath, code: errCode, message: errMsg });
    for (const { resolvedPath, resultParams } of resolvedPathResults) {
      for (const [name, value] of Object.entries(resultParams))
        values.push({ path: resolvedPath + name, value });
    }
  }
  return { values, faults };
}

type UpdateObject = { objPath: string; paramSettings: { param: string; value: string; required: boolean }[] };

/** Parameters of one object travel together. */
export function updateObjects(parameters: readonly SetParameter[]): UpdateObject[] {
  const objects = Map.groupBy(parameters, ({ path }) => path.slice(0, path.lastIndexOf(".") + 1));
  return [...objects].map(([objPath, items]) => ({
    objPath,
    paramSettings: items.map(({ path, value, required = true }) => ({
      param: path.slice(objPath.length),
      value,
      required,
    })),
  }));
}

export function setResult(body: UspBody<"SetResp">): SetResult {
  const changed: PathValue[] = [];
  const faults: ParameterFault[] = [];
  const note = (
    object: string,
    errors: readonly { param: string; errCode: number; errMsg: string }[],
  ): void => {
    for (const { param, errCode, errMsg } of errors)
      faults.push({ path: object + param, code: errCode, message: errMsg });
  };
  for (const { requestedPath, operStatus } of body.updatedObjResults) {
    for (const { affectedPath, paramErrs, updatedParams } of operStatus?.operSuccess?.updatedInstResults ??
      []) {
      for (const [name, value] of Object.entries(updatedParams))
        changed.push({ path: affectedPath + name, value });
      note(affectedPath, paramErrs);
    }
    const failure = operStatus?.operFailure;
    if (failure === undefined) continue;
    if (failure.updatedInstFailures.length === 0) {
      faults.push({ path: requestedPath, code: failure.errCode, message: failure.errMsg });
    }
    for (const { affectedPath, paramErrs } of failure.updatedInstFailures) note(affectedPath, paramErrs);
  }
  return { changed, faults };
}

/** @throws UspRequestError DEVICE_ERROR when the command failed. */
export function operateResult(command: string, body: UspBody<"OperateResp">): OperateResult {
  const [result] = body.operationResults;
  if (result === undefined) throw new UspRequestError("UNEXPECTED_RESPONSE", `no result of ${command}`);
  const { cmdFailure, reqObjPath, reqOutputArgs } = result;
  if (cmdFailure !== undefined) {
    throw new UspRequestError(
      "DEVICE_ERROR",
      `${command}: ${cmdFailure.errCode} ${cmdFailure.errMsg}`,
      cmdFailure.errCode,
    );
  }
  if (reqObjPath !== "") return { state: "started", requestPath: reqObjPath };
  return { state: "done", output: reqOutputArgs?.outputArgs ?? {} };
}
