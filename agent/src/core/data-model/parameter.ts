import type { ParameterDeclaration, ParameterType } from "./declaration.ts";
import { canonical, typeAccepted } from "./lexical.ts";

export type ParameterValue = { path: string; value: string; type: ParameterType; writable: boolean };
/** CWMP's fault codes (TR-069 A.5.1): unknown name, wrong type, wrong value, not writable. USP maps them to its own. */
export type WriteFaultCode = 9005 | 9006 | 9007 | 9008;

/** A parameter that exists now. */
export type Parameter = { declaration: ParameterDeclaration; value: string; provider?: () => string };

/** The value of this moment. */
export const current = (parameter: Parameter): string => parameter.provider?.() ?? parameter.value;

export const isWritable = (parameter: Parameter): boolean => parameter.declaration.access === "readWrite";

/** Kept over restarts: by default what others may write. */
export const isPersisted = (declaration: ParameterDeclaration): boolean =>
  declaration.persist ?? declaration.access === "readWrite";

/** As others see it: secrets read as "". */
export const show = (path: string, parameter: Parameter): ParameterValue => ({
  path,
  value: parameter.declaration.secret === true ? "" : current(parameter),
  type: parameter.declaration.type,
  writable: isWritable(parameter),
});

type Judgement = { ok: true; value: string } | { ok: false; code: WriteFaultCode; message: string };

/** Whether others may set this value, and in which canonical form it is kept. */
export function judge(
  parameter: Parameter | undefined,
  value: string,
  type: ParameterType | undefined,
): Judgement {
  if (parameter === undefined) return { ok: false, code: 9005, message: "no such parameter" };
  if (!isWritable(parameter)) return { ok: false, code: 9008, message: "the parameter is not writable" };
  const { declaration } = parameter;
  if (type !== undefined && !typeAccepted(type, declaration.type)) {
    return { ok: false, code: 9006, message: `the parameter is of type ${declaration.type}` };
  }
  const result = canonical(declaration, value);
  return result.ok ? result : { ok: false, code: 9007, message: result.message };
}
