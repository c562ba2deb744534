export { stepRestart, type RestartEffect, type RestartEvent, type RestartState } from "./restart.ts";
