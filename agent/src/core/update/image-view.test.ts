import { describe, expect, it } from "vitest";
import { bootImage, imageViews } from "./image-view.ts";
import type { UpdateState } from "./state.ts";

const job = {
  request: { id: "u1", url: "http://acs/x", commandKey: "", clause: null, deadline: null, force: false },
  from: "1.0.0",
  home: "a" as const,
  startedAt: "2026-03-04T05:06:07.000Z",
  restarts: 0,
  lines: [],
};
const image = {
  version: "2.0.0",
  securityFloor: 0,
  payloadOffset: 1,
  size: 2,
  sha256: "a".repeat(64),
  etag: null,
};
const fetched = { ...job, image };
const over = { ...job, version: "2.0.0", finishedAt: job.startedAt, reported: true };
const rejected = { ...over, state: "rejected" as const, reason: "why" };

describe("the slot that does not run", () => {
  // What the update does, what lies in the slot; status, version, available, log.
  it.each<[UpdateState, string | undefined, string, string, boolean, string]>([
    [{ state: "idle" }, undefined, "NoImage", "", false, ""],
    [{ state: "idle" }, "0.9.0", "Available", "0.9.0", true, ""],
    [{ state: "checking", ...job }, "0.9.0", "Available", "0.9.0", true, ""],
    [{ state: "waiting", ...fetched }, "0.9.0", "Available", "0.9.0", true, ""],
    [{ state: "downloading", ...fetched }, "0.9.0", "Downloading", "2.0.0", false, ""],
    [{ state: "verifying", ...fetched }, "0.9.0", "Validating", "2.0.0", false, ""],
    [{ state: "installing", ...fetched }, undefined, "Validating", "2.0.0", false, ""],
    [{ state: "activating", ...fetched }, "2.0.0", "Available", "2.0.0", true, ""],
    [{ state: "trial", ...fetched }, "2.0.0", "Available", "2.0.0", true, ""],
    [{ state: "available", ...over, image }, "2.0.0", "Available", "2.0.0", true, ""],
    [{ state: "rolled-back", ...over, reason: "deaf" }, "2.0.0", "ActivationFailed", "2.0.0", true, "deaf"],
    [
      { ...rejected, code: "SERVER_UNREACHABLE", during: "checking" },
      "0.9.0",
      "DownloadFailed",
      "0.9.0",
      true,
      "",
    ],
    [{ ...rejected, code: "NO_SPACE", during: "downloading" }, undefined, "DownloadFailed", "", false, ""],
    [
      { ...rejected, code: "INSTALL_FAILED", during: "downloading" },
      undefined,
      "DownloadFailed",
      "",
      false,
      "",
    ],
    [
      { ...rejected, code: "IMAGE_UNTRUSTED", during: "checking" },
      undefined,
      "ValidationFailed",
      "",
      false,
      "",
    ],
    [
      { ...rejected, code: "IMAGE_CORRUPTED", during: "verifying" },
      "0.9.0",
      "ValidationFailed",
      "0.9.0",
      true,
      "",
    ],
    [
      { ...rejected, code: "IMAGE_CORRUPTED", during: "installing" },
      "0.9.0",
      "InstallationFailed",
      "",
      false,
      "",
    ],
    [
      { ...rejected, code: "INSTALL_FAILED", during: "activating" },
      "2.0.0",
      "ActivationFailed",
      "2.0.0",
      true,
      "",
    ],
    // A record of an earlier version does not say where it ended.
    [{ ...rejected, code: "IMAGE_CORRUPTED" }, undefined, "ValidationFailed", "", false, ""],
  ])("%j, holding %s, is %s", (state, held, status, version, available, bootFailureLog) => {
    const views = imageViews(state, { slot: "a", version: "1.0.0" }, held);
    expect(views.a).toEqual({ status: "Active", version: "1.0.0", available: true, bootFailureLog: "" });
    expect(views.b).toEqual({ status, version, available, bootFailureLog });
  });

  it("holds the version that is known to work while the new one is on trial", () => {
    const views = imageViews({ state: "trial", ...fetched }, { slot: "b", version: "2.0.0" }, "1.0.0");
    expect(views.b.status).toBe("Active");
    expect(views.a).toMatchObject({ status: "Available", version: "1.0.0" });
  });
});

describe("the slot that starts next", () => {
  it.each<[UpdateState, "a" | "b", "a" | "b"]>([
    [{ state: "idle" }, "a", "a"],
    [{ state: "activating", ...fetched }, "a", "a"],
    [{ state: "trial", ...fetched }, "a", "b"],
    [{ state: "trial", ...fetched }, "b", "b"],
    [{ state: "rolling-back", ...fetched, reason: "deaf" }, "b", "a"],
    [{ state: "committed", ...over }, "b", "b"],
  ])("in %j, running %s, is %s", (state, running, next) => expect(bootImage(state, running)).toBe(next));
});

describe("a committed image that starts no more", () => {
  const failed = { slot: "b" as const, update: "", reason: "it did not start any more" };
  const running = { slot: "a" as const, version: "1.0.0" };

  it("is shown as such until something new is on its way", () => {
    const gone = imageViews({ state: "committed", ...over }, running, "2.0.0", failed);
    expect(gone.b).toMatchObject({ status: "ActivationFailed", bootFailureLog: failed.reason });
    const next = imageViews({ state: "downloading", ...fetched }, running, "2.0.0", failed);
    expect(next.b).toMatchObject({ status: "Downloading", bootFailureLog: "" });
    const empty = imageViews({ state: "idle" }, running, undefined, failed);
    expect(empty.b.status).toBe("NoImage");
  });

  it("is no matter of the slot that runs", () => {
    const views = imageViews({ state: "idle" }, { slot: "b", version: "2.0.0" }, "1.0.0", failed);
    expect(views.a.status).toBe("Available");
    expect(views.b.status).toBe("Active");
  });
});
