import type { ObjectDeclaration, ParameterDeclaration } from "../declaration.ts";
import { templateOf } from "../template.ts";
import { voiceMappings, writableObjects } from "./voice.ts";

/** The old voice model as declarations, below "Device.": what `dm:check` holds against TR-104 issue 1. */
export function oldVoiceModel(): ObjectDeclaration[] {
  const objects = new Map<string, ParameterDeclaration[]>();
  for (const { declaration, path } of voiceMappings()) {
    const template = templateOf(path.replaceAll(/\{\w\}/g, "1"));
    const object = template.slice(0, template.lastIndexOf(".") + 1);
    objects.set(object, [...(objects.get(object) ?? []), declaration]);
  }
  return [...objects].map(([object, parameters]) => ({
    path: `Device.${object}`,
    access: writableObjects.has(object) ? "readWrite" : "readOnly",
    parameters,
  }));
}
