import { isOutcome, stateWords, type UpdateState } from "../../core/update/index.ts";
import type { UpdateView } from "./options.ts";

/** @param hold what holds the update up, "" for nothing */
export function viewOf(state: UpdateState, hold: string): UpdateView {
  if (state.state === "idle")
    return {
      id: "",
      state: "idle",
      reason: "",
      clause: "",
      version: "",
      deadline: "",
      commandKey: "",
      command: "",
    };
  const { clause, deadline, commandKey } = state.request;
  const version = "image" in state ? state.image.version : "version" in state ? (state.version ?? "") : "";
  const reason = hold === "" ? stateWords(state) : hold;
  const command = isOutcome(state) && state.reported ? "" : (state.request.command ?? "");
  return {
    id: state.request.id,
    command,
    state: state.state,
    reason,
    clause: clause ?? "",
    version,
    deadline: deadline ?? "",
    commandKey,
  };
}
