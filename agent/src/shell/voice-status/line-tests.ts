import type { DataModel } from "../../core/data-model/index.ts";

const ports = "Device.Services.VoiceService.1.POTS.FXS.";
const form =
  /^Device\.Services\.VoiceService\.1\.POTS\.FXS\.(\d+)\.DiagTests\.(DiagnosticsState|TestSelector)$/;

/**
 * TR-104 DiagTests of a telephone port. The hook is what every line tells; voltages, leakage and ringer load need a line
 * circuit that measures, which no driver of ours has: such a test ends with Error_Other.
 * @param offHook whether the telephone of a line (from 0) is lifted
 * @param onComplete a test that the ACS asked for has ended
 */
export function runLineTests(
  model: DataModel,
  offHook: (line: number) => boolean,
  onComplete: () => void,
): void {
  model.subscribe(({ origin, path, value }) => {
    const [, port = "", name = ""] = form.exec(path) ?? [];
    if (port === "" || origin === "device") return;
    const test = `${ports}${port}.DiagTests.`;
    if (name === "TestSelector") {
      if (model.value(`${test}DiagnosticsState`) !== "Requested")
        model.publish(`${test}DiagnosticsState`, "None");
      return;
    }
    if (value === "Canceled") {
      model.publish(`${test}DiagnosticsState`, "None");
      return;
    }
    // The selector may stand in the same message, after the state.
    queueMicrotask(() => {
      const supported = model.value(`${test}TestSelector`) === "Off-hook";
      if (supported) model.publish(`${test}TestResult`, offHook(Number(port) - 1) ? "Failure" : "Success");
      model.publish(`${test}DiagnosticsState`, supported ? "Complete" : "Error_Other");
      if (origin === "cwmp") onComplete();
    });
  });
}
