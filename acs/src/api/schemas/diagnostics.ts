import { z } from "zod";
import { instant } from "./common.ts";

const host = z.string().trim().min(1).max(256);
const httpUrl = z
  .url({ protocol: /^http$/ })
  .max(2048)
  .describe("http only (TR-143)");

const line = z.int().min(1).max(64).default(1);

/** A test of the network, or of the voice service, from the device's place. */
export const NewNetworkTest = z
  .discriminatedUnion("test", [
    z.object({
      test: z.literal("ping"),
      host,
      repetitions: z.int().min(1).max(100).default(4),
      size: z.int().min(1).max(1400).default(56).describe("bytes"),
    }),
    z.object({ test: z.literal("trace-route"), host, hops: z.int().min(1).max(64).default(30) }),
    z.object({ test: z.literal("download"), url: httpUrl }),
    z.object({
      test: z.literal("upload"),
      url: httpUrl,
      bytes: z.int().min(1).max(100_000_000).default(1_000_000),
    }),
    z.object({ test: z.literal("name-lookup"), name: host, server: z.string().trim().max(256).default("") }),
    z.object({
      test: z.literal("echo-call"),
      number: z
        .string()
        .trim()
        .regex(/^[0-9*#+]{1,32}$/)
        .describe("a number that echoes; the terms hold for it"),
      seconds: z.int().min(2).max(30).default(5),
      line,
    }),
    z.object({ test: z.literal("registration"), line }),
    z.object({ test: z.literal("ring"), line }).describe("rings for four seconds, unless the line is in use"),
    z.object({ test: z.literal("line"), line }),
  ])
  .meta({ id: "NewNetworkTest" });
export type NewNetworkTest = z.input<typeof NewNetworkTest>;

export const networkTestName = z.enum([
  "ping",
  "trace-route",
  "download",
  "upload",
  "name-lookup",
  "echo-call",
  "registration",
  "ring",
  "line",
]);

/** How a test stands, as the device last said. */
export const NetworkTest = z
  .object({
    test: networkTestName,
    state: z.string().describe("TR-181 DiagnosticsState: Requested, Complete, Error_…"),
    target: z.string(),
    results: z
      .record(z.string(), z.string())
      .describe("results of TR-181 by name; of the voice service's tests, Result is in words"),
    rows: z.array(z.record(z.string(), z.string())).describe("hops of a route, answers of a name server"),
    updatedAt: instant,
  })
  .meta({ id: "NetworkTest" });
export type NetworkTest = z.infer<typeof NetworkTest>;

/** Something that is wrong with a device now. */
export const Alarm = z
  .object({
    identifier: z.string(),
    kind: z.string(),
    object: z.string().describe("path in the device's data model"),
    severity: z.string(),
    problem: z.string(),
    text: z.string(),
    raisedAt: instant,
    changedAt: instant,
  })
  .meta({ id: "Alarm" });
export type Alarm = z.infer<typeof Alarm>;
