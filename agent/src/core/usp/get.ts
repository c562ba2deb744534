import type { ParameterValue } from "../data-model/index.ts";
import type { UspBody } from "./message.ts";
import { resolveParameters, type UspModel } from "./paths.ts";

/** Answers a Get (TR-369 §7.5.1). Parameters are grouped by the object they belong to. */
export function answerGet(model: UspModel, request: UspBody<"Get">): UspBody<"GetResp"> {
  return { reqPathResults: request.paramPaths.map((path) => resultOf(model, path, request.maxDepth)) };
}

function resultOf(model: UspModel, requestedPath: string, maxDepth: number): PathResult {
  const resolved = resolveParameters(model, requestedPath);
  if (!resolved.ok) {
    const { code, message } = resolved.fault;
    return { requestedPath, errCode: code, errMsg: message, resolvedPathResults: [] };
  }
  const limit = maxDepth === 0 ? Infinity : levels(requestedPath) + maxDepth;
  const within = resolved.found.filter((value) => !requestedPath.endsWith(".") || levels(value.path) < limit);
  return { requestedPath, errCode: 0, errMsg: "", resolvedPathResults: byObject(within) };
}

type PathResult = UspBody<"GetResp">["reqPathResults"][number];

/** max_depth counts levels of sub-objects under the requested one, itself included; an instance number is no level. */
const levels = (path: string): number =>
  path
    .slice(0, path.lastIndexOf("."))
    .split(".")
    .filter((part) => !/^(?:\d+|\*)$/.test(part)).length;

function byObject(values: readonly ParameterValue[]): PathResult["resolvedPathResults"] {
  const objects = new Map<string, Record<string, string>>();
  for (const { path, value } of values) {
    const dot = path.lastIndexOf(".") + 1;
    const object = path.slice(0, dot);
    const parameters = objects.get(object) ?? {};
    parameters[path.slice(dot)] = value;
    objects.set(object, parameters);
  }
  return [...objects].map(([resolvedPath, resultParams]) => ({ resolvedPath, resultParams }));
}
