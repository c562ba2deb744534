import type { BootState, SlotName } from "./boot-state.ts";
import type { RejectionCode } from "./faults.ts";
import type { UpdateIn, UpdateState, UpdateStateName } from "./state.ts";

/** TR-181 Device.DeviceInfo.FirmwareImage.{i}.Status. */
export type ImageStatus =
  | "NoImage"
  | "Active"
  | "Downloading"
  | "Validating"
  | "Available"
  | "DownloadFailed"
  | "ValidationFailed"
  | "InstallationFailed"
  | "ActivationFailed";

/** One slot as TR-181 Device.DeviceInfo.FirmwareImage.{i} shows it. */
export type ImageView = {
  status: ImageStatus;
  /** Of the image that lies there, or is on its way there. "" for none. */
  version: string;
  /** Whether a whole image lies there. */
  available: boolean;
  bootFailureLog: string;
};

/**
 * What lies in each slot, as truly as it is known.
 * @param running the slot that runs and its version
 * @param held the version that lies in the other slot as far as it was ever completed; undefined for none
 * @param failed the last image that did not start, or was given up; null for none
 */
export function imageViews(
  state: UpdateState,
  running: { slot: SlotName; version: string },
  held: string | undefined,
  failed: BootState["failed"] = null,
): Record<SlotName, ImageView> {
  const active: ImageView = {
    status: "Active",
    version: running.version,
    available: true,
    bootFailureLog: "",
  };
  // An image on trial runs in the target: the other slot holds the one that is known to work.
  const away = state.state !== "idle" && state.home !== running.slot;
  const known = away ? plain(held) : target(state, held);
  // The boot loader leaves a committed image that starts no more, without any update.
  const isDead = failed !== null && failed.slot !== running.slot && undisturbed.has(state.state);
  const other: ImageView =
    isDead && held !== undefined
      ? { ...known, status: "ActivationFailed", bootFailureLog: failed.reason }
      : known;
  return running.slot === "a" ? { a: active, b: other } : { a: other, b: active };
}

// While these last, nothing new is put into the other slot.
const undisturbed: ReadonlySet<UpdateStateName> = new Set(["idle", "checking", "waiting", "committed"]);

/** The slot that starts next. */
export function bootImage(state: UpdateState, running: SlotName): SlotName {
  if (state.state === "trial" && state.home === running) return running === "a" ? "b" : "a";
  if (state.state === "rolling-back") return state.home;
  return running;
}

function plain(held: string | undefined): ImageView {
  const available = held !== undefined;
  return {
    status: available ? "Available" : "NoImage",
    version: held ?? "",
    available,
    bootFailureLog: "",
  };
}

function target(state: UpdateState, held: string | undefined): ImageView {
  switch (state.state) {
    case "downloading":
      return { ...plain(undefined), status: "Downloading", version: state.image.version };
    case "verifying":
    case "installing":
      return { ...plain(undefined), status: "Validating", version: state.image.version };
    case "rolled-back":
    case "rolling-back":
      return { ...plain(held), status: "ActivationFailed", bootFailureLog: state.reason };
    case "rejected":
      return refused(state, held);
    case "idle":
    case "checking":
    case "waiting":
    case "activating":
    case "trial":
    case "committing":
    case "committed":
    case "available":
    case "cancelled":
      return plain(held);
  }
  return plain(held);
}

// What was refused before it was written leaves the slot as it was.
function refused({ code, during }: UpdateIn<"rejected">, held: string | undefined): ImageView {
  if (during === "waiting") return plain(held);
  if (during === "installing") return { ...plain(undefined), status: "InstallationFailed" };
  if (during === "activating") return { ...plain(held), status: "ActivationFailed" };
  // A fault of the box itself is shown by the step that it broke.
  if (code === "INSTALL_FAILED" && during !== undefined)
    return { ...plain(held), status: during === "verifying" ? "ValidationFailed" : "DownloadFailed" };
  return { ...plain(held), status: failure[code] };
}

const failure: Record<RejectionCode, ImageStatus> = {
  URL_UNSUPPORTED: "DownloadFailed",
  SERVER_UNREACHABLE: "DownloadFailed",
  SERVER_AUTHENTICATION: "DownloadFailed",
  FILE_UNAVAILABLE: "DownloadFailed",
  DOWNLOAD_INCOMPLETE: "DownloadFailed",
  IMAGE_CORRUPTED: "ValidationFailed",
  IMAGE_UNSUITABLE: "ValidationFailed",
  IMAGE_UNTRUSTED: "ValidationFailed",
  NO_SPACE: "DownloadFailed",
  INSTALL_FAILED: "InstallationFailed",
  WINDOW_MISSED: "DownloadFailed",
};
