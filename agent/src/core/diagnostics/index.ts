export { type Desk, type DeskEffect, type DeskEvent, emptyDesk, stepDesk, type TestOrder } from "./desk.ts";
export { pingOutcome, type ProbeLine, probeLine, routeOutcome } from "./probe-results.ts";
export {
  commandTest,
  isHeavy,
  outputArguments,
  type TestName,
  testNames,
  testOf,
  type TestOutcome,
  testPaths,
} from "./tests.ts";
export {
  type ConnectionMeasure,
  preciseTime,
  type TransferCounts,
  type TransferMeasure,
  transferOutcome,
} from "./transfer-results.ts";
export {
  echoCallOutcome,
  lineOutcome,
  refusedOutcome,
  registrationOutcome,
  type RegistrationStep,
  ringOutcome,
} from "./voice-results.ts";
