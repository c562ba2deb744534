import type { TestName, TestOutcome } from "../../core/diagnostics/index.ts";
import type { TestContext } from "./host.ts";
import { lookUpName } from "./name-lookup.ts";
import { ping, traceRoute } from "./reach.ts";
import { transfer } from "./transfer.ts";
import { testVoice } from "./voice.ts";

const tests: Readonly<Record<TestName, (context: TestContext) => Promise<TestOutcome>>> = {
  ping,
  "trace-route": traceRoute,
  download: (context) => transfer("download", context),
  upload: (context) => transfer("upload", context),
  "name-lookup": lookUpName,
  voice: testVoice,
};

/** Runs one test to its end. */
export const execute = (test: TestName, context: TestContext): Promise<TestOutcome> => tests[test](context);
