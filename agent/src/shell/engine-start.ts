import { existsSync } from "node:fs";
import { join } from "node:path";
import type { DataModel } from "../core/data-model/index.ts";
import { EngineError } from "../core/ports.ts";
import type { EngineConfig, VoiceEngine } from "../core/ports.ts";
import { linePaths, mediaSettings } from "../core/provisioning/index.ts";
import type { AgentArguments } from "./arguments.ts";
import { ArgumentError } from "./arguments.ts";
import type { Identity } from "./identity.ts";
import type { Log } from "./logging.ts";
import { loadEngineLibrary, openEngine } from "./native/index.ts";
import type { EngineLibrary } from "./native/index.ts";
import { freeUdpPort } from "./net/free-port.ts";

/**
 * Loads libtonalite.so and starts the engine with what the board and the data model say.
 * @returns the engine and the UDP port of its SIP side.
 */
export async function startEngine(
  args: AgentArguments,
  identity: Identity,
  model: DataModel,
  log: Log,
): Promise<{ engine: VoiceEngine; sipPort: number }> {
  const { hardware, version } = identity;
  const library = await loadEngineLibrary(engineLibrary(args), args.adapter);
  const sipPort = args["sip-port"] || (await freeUdpPort(args["local-address"]));
  const engine = open(library, hardware.id, log, {
    lines: hardware.line.ports,
    sipPort,
    ...mediaSettings((path) => model.value(path)),
    dscpSignalling: Number(model.value(`${linePaths(0).network}DSCPMark`)),
    backend: hardware.line.driver,
    localAddress: args["local-address"],
    userAgent: `Tonalite/${version} (${hardware.id})`,
  });
  return { engine, sipPort };
}

/** @throws ArgumentError when this build cannot drive the board's line */
function open(library: EngineLibrary, board: string, log: Log, config: EngineConfig): VoiceEngine {
  try {
    return openEngine(library, config, (problem) => log.error({ problem }, "engine events"));
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "EPROTONOSUPPORT") throw error;
    throw new ArgumentError(
      `this build has no line driver "${config.backend}", which the board ${board} needs; without that hardware run --profile virtual/sim`,
    );
  }
}

/** @throws ArgumentError that names the places where the library is not. */
function engineLibrary(args: AgentArguments): string {
  const slot = args["slot-dir"];
  const places = [
    ...(args["engine-library"] === undefined ? [] : [args["engine-library"]]),
    ...(slot === undefined ? [] : [join(slot, "libtonalite.so")]),
    join(import.meta.dirname, "../../native/build/libtonalite.so"),
  ];
  const found = (args["engine-library"] === undefined ? places : places.slice(0, 1)).find((place) =>
    existsSync(place),
  );
  if (found === undefined) throw new ArgumentError(`libtonalite.so is not at ${places.join(" nor at ")}`);
  return found;
}
