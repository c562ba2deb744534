import type { CwmpNamespace, InformEvent } from "@tonalite/agent/core/cwmp";
import { randomBytes } from "node:crypto";
import type { KnownDevice } from "../devices/known-device.ts";
import type { Situation, Step } from "../devices/plan.ts";
import type { RpcContext } from "../devices/commands.ts";

/** One CWMP session, from its Inform to the empty answer that ends it. */
export type Session = {
  readonly token: string;
  readonly deviceId: string;
  readonly known: KnownDevice;
  readonly namespace: CwmpNamespace;
  /** how the device reached us, e.g. `http://192.0.2.1:7547` */
  readonly baseUrl: string;
  readonly informed: Informed;
  /** something may have to be done; false: the next empty request ends the session */
  work: boolean;
  plan: Plan | undefined;
  outstanding: Step | undefined;
  /** RPCs sent, also the cwmp:ID of the last */
  sent: number;
  /** one request at a time */
  busy: boolean;
  closed: boolean;
};

/** What the Inform said that later steps need. */
export type Informed = {
  events: InformEvent[];
  bootstrap: boolean;
  boot: boolean;
  revision: number;
  parameterKey: string;
  pendingEntries: number;
  updateStateChanged: boolean;
};

/** The situation as loaded, and what else belongs to it. */
export type Plan = { situation: Situation; context: RpcContext; revision: number; journalRounds: number };

export function openSession(
  start: Pick<Session, "known" | "namespace" | "baseUrl" | "informed" | "work">,
): Session {
  return {
    token: randomBytes(18).toString("base64url"),
    deviceId: start.known.row.id,
    ...start,
    plan: undefined,
    outstanding: undefined,
    sent: 0,
    busy: false,
    closed: false,
  };
}
