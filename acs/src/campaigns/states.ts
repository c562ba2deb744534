/**
 * Where an update stands. `requested` is the ACS's own word, `failed` its conclusion from a TransferComplete with a
 * fault; the others are the device's (Device.X_TONALITE_Update.State).
 */
export const finalStates = ["committed", "rolled-back", "rejected", "failed", "cancelled"] as const;
export type FinalState = (typeof finalStates)[number];

export function isFinal(state: string): state is FinalState {
  return finalStates.some((final) => final === state);
}

/** What is known when one asks why an update has not finished. */
export type Waiting = {
  state: string;
  reason: string | null;
  /** when the download was handed to the device; null when it was not yet */
  sentAt: Date | null;
  lastHeardAt: Date | null;
  reachable: boolean;
  deadlineAt: Date | null;
};

const minute = (at: Date): string => at.toISOString().replace(/:\d\d\.\d+Z$/, "Z");

/** One sentence that says why an update has not finished; null when it has. */
export function whyItWaits({
  state,
  reason,
  sentAt,
  lastHeardAt,
  reachable,
  deadlineAt,
}: Waiting): string | null {
  if (isFinal(state)) return null;
  const because = reason ? ` (${reason})` : "";
  switch (state) {
    case "requested":
      if (sentAt) return "The device has the order and has not answered yet.";
      if (reachable) return "The device gets the order in its next session, within moments.";
      return lastHeardAt
        ? `The device was last heard at ${minute(lastHeardAt)}; it gets the order when it calls again.`
        : "The device has never called; it gets the order when it does.";
    case "waiting":
      return `The device waits for an idle line${because}${deadlineAt ? `; beyond ${minute(deadlineAt)} only for a live call` : ""}.`;
    case "trial":
      return `The new firmware is on trial and kept once every line is registered again${because}.`;
    default:
      return `The device ${doing[state] ?? `says "${state}"`}${because}.`;
  }
}

const doing: Readonly<Record<string, string>> = {
  checking: "reads what the image says about itself",
  downloading: "downloads the image",
  verifying: "verifies the image",
  installing: "writes the image to its other slot",
  available: "has the image installed and waits to be told to use it",
  activating: "restarts with the new firmware as soon as its line is idle",
  committing: "makes the new firmware its own",
  "rolling-back": "goes back to the firmware that worked",
};
