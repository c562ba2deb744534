/** One box at work: builds every part from the command line, in the order in which they need each other. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadProfiles } from "@tonalite/device-profiles/load";
import { createDeviceModel } from "../core/data-model/index.ts";
import { numberingPlanOf } from "../core/provisioning/index.ts";
import { keepAlarms, showKinds } from "./alarms/index.ts";
import type { AgentArguments } from "./arguments.ts";
import { ArgumentError } from "./arguments.ts";
import { showDevice } from "./device/index.ts";
import { discoverAcs, readTlsFiles } from "./cwmp/index.ts";
import { showLife, takeBoardNotes } from "./boot/life-sign.ts";
import { publishIdentity, readIdentity } from "./identity.ts";
import type { Log } from "./logging.ts";
import { startManagement } from "./management.ts";
import { keepModel, restoreModel } from "./model-store.ts";
import { noteFailure, noteOrderlyEnd, noteStart } from "./run-marker.ts";
import { createRestarter } from "./restart.ts";
import { openSafeMode } from "./safe-mode.ts";
import { openStore } from "./store/store.ts";
import { openSounds } from "./telephony/sounds.ts";
import type { UpdateEngine } from "./update/index.ts";
import { serveUpdateDoor } from "./update-door.ts";
import { heldVersion } from "./update-slots.ts";
import { wireUpdates } from "./update-wiring.ts";
import { applyUserSettings } from "./user-settings.ts";
import { openVoice, type Voice } from "./voice.ts";
import { runLineTests, showCallLog, showTones } from "./voice-status/index.ts";

const callEndPatienceMs = 1500;
/** Until management names another. */
const homeRegion = "fr";

export type Agent = {
  /** Ends calls, unregisters, and closes everything in order. */
  stop(): Promise<void>;
  /** Keeps the last words of a process that cannot go on. */
  failed(error: unknown): void;
};

/**
 * Starts the agent.
 * @param exit ends the process; `reboot` asks the boot loader to choose the slot anew.
 * @throws ArgumentError for a command line that cannot be used.
 */
export async function startAgent(
  args: AgentArguments,
  log: Log,
  exit: (how: "reboot" | "end") => void,
): Promise<Agent> {
  const profiles = loadProfiles(profileDirectory(args));
  const identity = readIdentity(args, profiles);
  const { hardware } = identity;
  const defaultRegion = profiles.regions.get(homeRegion);
  if (!defaultRegion) throw new ArgumentError(`there is no region profile "${homeRegion}"`);

  const store = openStore(args.state);
  const { journal, values } = store;
  if (store.damage !== null) {
    log.error({ reason: store.damage }, "the store was damaged and is kept aside");
    journal.append("system", { what: "fault", detail: `store damaged: ${store.damage}` });
  }
  const lastEnd = args["last-end"];
  const trial = args.trial === "1";
  const crash = noteStart(journal, values, identity.version, lastEnd);
  const safety = openSafeMode(values, {
    version: identity.version,
    ofBox: lastEnd === undefined,
    trial,
    crash,
  });
  const board = args["board-dir"];
  if (board !== undefined) takeBoardNotes(board, journal);

  const model = createDeviceModel({ lines: hardware.line.ports, codecs: hardware.codecs });
  for (const [path, value] of Object.entries(numberingPlanOf(defaultRegion))) model.publish(path, value);
  showKinds(model);
  restoreModel(model, values, log);
  publishIdentity(model, identity, args);
  applyUserSettings(args, model, values);
  keepModel(model, values, log);
  showDevice({ model, state: args.state, version: identity.version, lease: args.lease, log });
  const alarms = keepAlarms({ model, store, state: args.state, crash: crash?.words ?? null, log });

  const factory = args.trust === undefined ? join(args.state, "factory") : dirname(args.trust);
  const tls = readTlsFiles(factory);
  let showSounds = (): void => {};
  const sounds = openSounds(
    values,
    profiles.regions,
    () => {
      telephony.renewSounds();
      showSounds();
    },
    log,
  );
  const voice: Voice = await openVoice(safety.mode === null, {
    args,
    identity,
    model,
    store,
    profiles: { ...profiles, hardware, defaultRegion, sounding: sounds.of },
    certificates: tls.certificates,
    log,
  });
  const { engine, telephony } = voice;

  const restarter = createRestarter(
    () => telephony.use(),
    () => exit("reboot"),
    log,
  );
  const restart = (why: string): void => restarter.ask(why);
  // The keys of updates lie where the factory put everything else, too.
  // Without a board there are no slots: a developer runs the sources.
  const updates: UpdateEngine | null =
    args["slot-dir"] === undefined
      ? null
      : wireUpdates({
          args,
          certificates: tls.certificates,
          identity,
          model,
          store,
          telephony,
          onOutcome: (report) => management.updateEnded(report),
          restart: () => restart("update"),
          log,
        });
  // What the boot loader did is known before anybody can ask.
  await updates?.settleAtBoot();
  const management = await startManagement({
    model,
    store,
    identity,
    updates: () => updates,
    runningSlot: args.slot,
    slotDirectory: args["slot-dir"],
    modelStyle: args["data-model"] ?? hardware.dataModel,
    tls,
    takeSounds: (kind, bytes) => sounds.take(kind, bytes, telephony.terms().region.id),
    bench: telephony.bench,
    restart,
    factoryReset: (why) => {
      journal.append("system", { what: "factory-reset", detail: why });
      store.forget();
      restart(why);
    },
    log,
  });
  const discovery =
    args.lease === undefined
      ? null
      : discoverAcs({
          leaseFile: args.lease,
          factoryUrl: args.acs ?? "",
          serial: identity.serial,
          model,
          values,
          certificates: tls.certificates,
          log,
        });
  telephony.onChange(() => {
    const use = telephony.use();
    management.callUp(!use.idle && use.call);
    updates?.poke();
    restarter.lineChanged();
  });
  await updates?.resumeAtBoot();
  const door =
    updates &&
    serveUpdateDoor(
      args.state,
      updates,
      () => heldVersion(args),
      () => management.askForFirmware(),
      log,
    );
  alarms.start(engine);
  showCallLog(model, journal);
  showSounds = showTones(model, () => telephony.terms().region);
  runLineTests(
    model,
    (line) => engine.offHook(line),
    () => management.cwmp.informNow("8 DIAGNOSTICS COMPLETE"),
  );
  const endSafety = safety.begin(model, alarms, restart, log);
  const endSigns = board === undefined ? undefined : showLife(board, () => voice.prove(), log);
  const { serial, version } = identity;
  log.info(
    { serial, version, profile: hardware.id, slot: args.slot, trial, sipPort: voice.sipPort },
    "agent ready",
  );

  return {
    stop: async () => {
      voice.stopPhone();
      endSafety();
      alarms.stop();
      door?.stop();
      await updates?.stop();
      await telephony.endCalls(callEndPatienceMs);
      telephony.stop();
      discovery?.stop();
      await management.stop();
      endSigns?.();
      voice.close();
      noteOrderlyEnd(values);
      store.close();
    },
    failed: (error) => noteFailure(values, error),
  };
}

/** Profiles come with the image; in the source tree they are the workspace's own. */
function profileDirectory(args: AgentArguments): string | undefined {
  const slot = args["slot-dir"];
  const folder = slot === undefined ? undefined : join(slot, "device-profiles");
  return folder !== undefined && existsSync(folder) ? folder : undefined;
}
