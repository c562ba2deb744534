import type { Tree } from "./tree.ts";

const table = "Device.ManagementServer.InformParameter.";

/**
 * What the rows of InformParameter ask for: those without events always, the others for one of theirs. An event stands
 * there with its text or its number alone ("4 VALUE CHANGE", "4").
 */
export function wishedFor(tree: Tree, eventCodes: readonly string[]): string[] {
  const happened = new Set(eventCodes.flatMap((code) => [code, code.split(" ")[0] ?? ""]));
  const wishes: string[] = [];
  for (const row of tree.instances(table)) {
    const text = (name: string): string => {
      const { node, parameter } = tree.parameter(`${table}${row}.${name}`);
      return node.stored(name, parameter);
    };
    const events = text("EventList");
    const wanted = events === "" || events.split(",").some((code) => happened.has(code));
    if (text("Enable") === "true" && text("ParameterName") !== "" && wanted)
      wishes.push(text("ParameterName"));
  }
  return wishes;
}
