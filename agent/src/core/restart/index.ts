export { stepRestart, type RestartEffect, type RestartEvent, type RestartState } from "./restart.ts";
export {
  type AgentStart,
  crashHistory,
  type CrashHistory,
  forgetSpells,
  judgeStart,
  provenAfter,
  type SafeMode,
} from "./safe-mode.ts";
