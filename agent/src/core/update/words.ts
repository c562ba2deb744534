import type { UpdateState } from "./state.ts";

/** What an update is doing, in words for the console and the records. */
export function stateWords(state: UpdateState): string {
  switch (state.state) {
    case "idle":
      return "";
    case "checking":
      return state.restarts === 0
        ? "reading the image's header"
        : "the image changed or was damaged: reading it anew";
    case "waiting":
      return `waiting for a quiet line to update from ${state.from} to ${state.image.version}`;
    case "downloading":
      return `fetching version ${state.image.version}`;
    case "verifying":
      return "comparing the whole image with its signed header";
    case "installing":
      return "writing the image into the slot that is not in use";
    case "activating":
      if (state.request.recall !== undefined)
        return `going back to version ${state.image.version}: ${state.request.recall}`;
      return "waiting for a quiet line to start the new image";
    case "trial":
      return `version ${state.image.version} is on trial`;
    case "committing":
      return `version ${state.image.version} works and becomes the committed one`;
    case "rolling-back":
    case "rolled-back":
    case "rejected":
      return state.reason;
    case "cancelled":
      return "the update was cancelled";
    case "available":
      return `version ${state.image.version} is installed and waits to be activated`;
    case "committed":
      return `version ${state.version ?? ""} is committed`;
  }
  return "";
}
