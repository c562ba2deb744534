import type { RegionProfile } from "@tonalite/device-profiles";
import type { DataModel } from "../../core/data-model/index.ts";
import type { VoiceEngine } from "../../core/ports.ts";
import { EngineError } from "../../core/ports.ts";
import { lampOf, linePaths } from "../../core/provisioning/index.ts";
import type { Log } from "../logging.ts";

export type MessageLampOptions = {
  /** From 0. */
  readonly line: number;
  readonly engine: VoiceEngine;
  readonly model: DataModel;
  readonly region: () => RegionProfile;
  readonly log: Log;
};

/** Waiting messages of a line: a number for management and the dial tone, a lamp on the telephone. */
export type MessageLamp = {
  /** The provider's voice mail told how many messages are new (RFC 3842). */
  told(messages: number): void;
  /** The telephone may be idle again: what could not be said to it before is said now. */
  retry(): void;
};

export function openMessageLamp({ line, engine, model, region, log }: MessageLampOptions): MessageLamp {
  const { features } = linePaths(line);
  let wanted = false;
  let shown: boolean | null = null;

  function show(): void {
    if (wanted === shown || model.value(`${features}VMWIEnable`) !== "true") return;
    const lamp = lampOf(region(), wanted);
    if (lamp === null) return;
    try {
      engine.lamp(line, lamp);
      shown = wanted;
    } catch (error) {
      const code = error instanceof EngineError ? error.code : String(error);
      // EBUSY: lifted or ringing; the next quiet moment comes.
      if (code !== "EBUSY") log.warn({ line: line + 1, code }, "the message lamp cannot be switched");
    }
  }

  return {
    told: (messages) => {
      model.publish(`${features}LineMessagesWaiting`, String(messages));
      wanted = messages > 0;
      show();
    },
    retry: () => {
      if (shown !== null || wanted) show();
    },
  };
}
