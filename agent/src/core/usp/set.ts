import type { WriteChange, WriteFault } from "../data-model/index.ts";
import { faultCode } from "./error.ts";
import type { UspBody } from "./message.ts";
import { type Fault, resolveObjects, type UspModel } from "./paths.ts";

export type SetAnswer =
  | { readonly ok: true; readonly body: UspBody<"SetResp"> }
  | { readonly ok: false; readonly error: UspBody<"Error"> };

type Update = UspBody<"Set">["updateObjs"][number];
type ObjectResult = UspBody<"SetResp">["updatedObjResults"][number];
type ParameterError = { param: string; errCode: number; errMsg: string };
type Planned = WriteChange & { readonly object: string; readonly param: string; readonly required: boolean };

const uspFault: Record<WriteFault["code"], number> = {
  9005: faultCode.unsupportedParameter,
  9006: faultCode.invalidType,
  9007: faultCode.invalidValue,
  9008: faultCode.notWritable,
};

/**
 * Carries out a Set (TR-369 §7.4.2). Without allow_partial everything required is changed, or nothing; with it, each
 * requested object stands or falls by itself. A parameter that is not required never fails its object.
 */
export function answerSet(model: UspModel, request: UspBody<"Set">): SetAnswer {
  return request.allowPartial ? setEach(model, request.updateObjs) : setAll(model, request.updateObjs);
}

function setEach(model: UspModel, updates: readonly Update[]): SetAnswer {
  const updatedObjResults = updates.map((update): ObjectResult => {
    const plan = planOf(model, update);
    if (!plan.ok) return failure(update.objPath, plan.fault, []);
    const outcome = writeAllowed(model, plan.changes);
    if (!outcome.ok) {
      const fault = {
        code: faultCode.requiredParameterFailed,
        message: "a required parameter could not be set",
      };
      return failure(update.objPath, fault, outcome.faults);
    }
    return success(model, update.objPath, plan.objects, plan.changes, outcome.skipped);
  });
  return { ok: true, body: { updatedObjResults } };
}

function setAll(model: UspModel, updates: readonly Update[]): SetAnswer {
  const plans: { update: Update; objects: string[]; changes: Planned[] }[] = [];
  for (const update of updates) {
    const plan = planOf(model, update);
    if (!plan.ok)
      return refused([{ paramPath: update.objPath, errCode: plan.fault.code, errMsg: plan.fault.message }]);
    plans.push({ update, ...plan });
  }
  const outcome = writeAllowed(
    model,
    plans.flatMap((plan) => plan.changes),
  );
  if (!outcome.ok) {
    return refused(
      outcome.faults.map(({ path, code, message }) => ({
        paramPath: path,
        errCode: uspFault[code],
        errMsg: message,
      })),
    );
  }
  const updatedObjResults = plans.map((plan) =>
    success(model, plan.update.objPath, plan.objects, plan.changes, outcome.skipped),
  );
  return { ok: true, body: { updatedObjResults } };
}

type Plan = { ok: true; objects: string[]; changes: Planned[] } | { ok: false; fault: Fault };

function planOf(model: UspModel, update: Update): Plan {
  const objects = resolveObjects(model, update.objPath);
  if (!objects.ok) return objects;
  const changes = objects.found.flatMap((object) =>
    update.paramSettings.map(({ param, value, required }) => ({
      path: object + param,
      value,
      object,
      param,
      required,
    })),
  );
  return { ok: true, objects: objects.found, changes };
}

type Outcome = { ok: true; skipped: Map<string, WriteFault> } | { ok: false; faults: WriteFault[] };

/** Writes all changes at once, without those that failed and need not succeed. */
function writeAllowed(model: UspModel, changes: readonly Planned[]): Outcome {
  const skipped = new Map<string, WriteFault>();
  const required = new Set(changes.filter((change) => change.required).map((change) => change.path));
  for (;;) {
    const wanted = changes.filter((change) => !skipped.has(change.path));
    const result = model.write(
      wanted.map(({ path, value }) => ({ path, value })),
      "usp",
    );
    if (result.ok) return { ok: true, skipped };
    const faults = result.faults.filter((fault) => required.has(fault.path));
    if (faults.length > 0) return { ok: false, faults };
    for (const fault of result.faults) skipped.set(fault.path, fault);
  }
}

function success(
  model: UspModel,
  requestedPath: string,
  objects: readonly string[],
  changes: readonly Planned[],
  skipped: ReadonlyMap<string, WriteFault>,
): ObjectResult {
  const updatedInstResults = objects.map((affectedPath) => {
    const paramErrs: ParameterError[] = [];
    const updatedParams: Record<string, string> = {};
    for (const { path, param, object } of changes) {
      if (object !== affectedPath) continue;
      const fault = skipped.get(path);
      if (fault !== undefined) paramErrs.push(parameterError(fault));
      // Read back: the model keeps the canonical form, and shows no secret.
      else updatedParams[param] = model.read(path)[0]?.value ?? "";
    }
    return { affectedPath, paramErrs, updatedParams };
  });
  return { requestedPath, operStatus: { operFailure: undefined, operSuccess: { updatedInstResults } } };
}

function failure(requestedPath: string, fault: Fault, faults: readonly WriteFault[]): ObjectResult {
  const updatedInstFailures = [...Map.groupBy(faults, (item) => objectOf(item.path))].map(
    ([affectedPath, items]) => ({
      affectedPath,
      paramErrs: items.map(parameterError),
    }),
  );
  const operFailure = { errCode: fault.code, errMsg: fault.message, updatedInstFailures };
  return { requestedPath, operStatus: { operFailure, operSuccess: undefined } };
}

const objectOf = (path: string): string => path.slice(0, path.lastIndexOf(".") + 1);

const parameterError = ({ path, code, message }: WriteFault): ParameterError => ({
  param: path.slice(path.lastIndexOf(".") + 1),
  errCode: uspFault[code],
  errMsg: message,
});

const refused = (paramErrs: UspBody<"Error">["paramErrs"]): SetAnswer => ({
  ok: false,
  error: { errCode: faultCode.invalidArguments, errMsg: "nothing was changed", paramErrs },
});
