import type { ParameterDeclaration, ParameterType } from "./declaration.ts";
import { canonical, typeAccepted } from "./lexical.ts";

export type ParameterValue = { path: string; value: string; type: ParameterType; writable: boolean };
/** CWMP's fault codes (TR-069 A.5.1): unknown name, wrong type, wrong value, not writable. USP maps them to its own. */
export type WriteFaultCode = 9005 | 9006 | 9007 | 9008;

export const isWritable = ({ access }: ParameterDeclaration): boolean => access === "readWrite";

/** Kept over restarts: by default what others may write. */
export const isPersisted = (declaration: ParameterDeclaration): boolean =>
  declaration.persist ?? declaration.access === "readWrite";

type Judgement = { ok: true; value: string } | { ok: false; code: WriteFaultCode; message: string };

/** Whether others may set this value, and in which canonical form it is kept. References are not followed here. */
export function judge(
  declaration: ParameterDeclaration | undefined,
  value: string,
  type: ParameterType | undefined,
): Judgement {
  if (declaration === undefined) return { ok: false, code: 9005, message: "no such parameter" };
  if (!isWritable(declaration)) return { ok: false, code: 9008, message: "the parameter is not writable" };
  if (type !== undefined && !typeAccepted(type, declaration.type)) {
    return { ok: false, code: 9006, message: `the parameter is of type ${declaration.type}` };
  }
  const result = canonical(declaration, value);
  if (!result.ok) return { ok: false, code: 9007, message: result.message };
  const { settable } = declaration;
  if (settable !== undefined && !settable.includes(result.value)) {
    return { ok: false, code: 9007, message: `can only be set to ${settable.join(" or ")}` };
  }
  return result;
}
