import type { HardwareProfile } from "@tonalite/device-profiles";
import type { DataModel } from "../../core/data-model/index.ts";
import type { EngineRegistrationEvent } from "../../core/engine-event.ts";
import { EngineError } from "../../core/ports.ts";
import type { Account, Journal, VoiceEngine } from "../../core/ports.ts";
import {
  chosenNetwork,
  clientStatus,
  linePaths,
  needsRegistration,
  provisionLine,
} from "../../core/provisioning/index.ts";
import type { ClientStatus, LineProvisioning } from "../../core/provisioning/index.ts";
import type { Terms } from "../../core/terms/index.ts";
import type { Log } from "../logging.ts";

export type RegistrationOptions = {
  readonly line: number;
  readonly engine: VoiceEngine;
  readonly model: DataModel;
  readonly journal: Journal;
  readonly codecs: HardwareProfile["codecs"];
  /** PEM file of authorities that TLS believes beside the system's; "": none. */
  readonly authorities: string;
  /** A call is up: the account must not change under it (law 7). */
  readonly inCall: () => boolean;
  readonly onStatus: (status: ClientStatus) => void;
  readonly log: Log;
};

/** A line's SIP account: what the data model asks for, what the engine has, and how the registration stands. */
export class Registration {
  readonly #options: RegistrationOptions;
  readonly #paths: ReturnType<typeof linePaths>;
  /** The SIP.Network whose state was told last. */
  #network: string;
  #wanted: LineProvisioning = { provisioning: "disabled" };
  #applied: Account | null = null;
  #status: ClientStatus = "Disabled";
  #code = 0;
  /** Whether the engine's account is the one of a test. */
  #shorter = false;

  constructor(options: RegistrationOptions) {
    this.#options = options;
    this.#paths = linePaths(options.line);
    this.#network = this.#paths.network;
  }

  get status(): ClientStatus {
    return this.#status;
  }

  /** Reads the data model again. `problem` bars the line whatever its settings (an unknown provider). */
  provision(terms: Terms, problem: string | null): void {
    const { line, model, codecs } = this.#options;
    const wanted: LineProvisioning =
      problem === null
        ? provisionLine(line, (path) => model.value(path), terms, codecs)
        : { provisioning: "misconfigured", problem, term: null };
    if (JSON.stringify(wanted) === JSON.stringify(this.#wanted)) return;
    this.#wanted = wanted;
    this.apply();
  }

  /** Gives the engine the wanted account; waits while a call is up (call it again at the call's end). */
  apply(): void {
    const { engine, line, inCall, authorities, log } = this.#options;
    const wanted = this.#wanted.provisioning === "account" ? this.#wanted.account : null;
    const account = wanted && { ...wanted, caFile: authorities };
    if (!needsRegistration(this.#applied, account)) {
      if (account === null) this.#settleWithoutAccount();
      return;
    }
    if (inCall()) {
      log.info({ line: line + 1 }, "account change waits for the end of the call");
      return;
    }
    try {
      engine.account(line, account);
    } catch (error) {
      const code = error instanceof EngineError ? error.code : String(error);
      this.#change("Error_Misconfigured", 0, `the engine refused the account: ${code}`);
      return;
    }
    this.#applied = account;
    if (account === null) this.#settleWithoutAccount();
    else this.#change("Registering", 0, "");
  }

  /**
   * Registers anew beside the registration that there is, which a failure leaves alone. The engine does so for an account
   * that differs: here by a second of its expiry.
   * @returns false without an account, or under a call
   */
  again(): boolean {
    const { engine, inCall, line } = this.#options;
    if (this.#applied === null || inCall()) return false;
    this.#shorter = !this.#shorter;
    const { expiresSeconds } = this.#applied;
    engine.account(line, { ...this.#applied, expiresSeconds: expiresSeconds - (this.#shorter ? 1 : 0) });
    return true;
  }

  /** Takes the engine's news. */
  take(event: EngineRegistrationEvent): void {
    // An account that was taken away may still say good-bye.
    if (this.#applied === null) return;
    const status = clientStatus(event, this.#status);
    // An attempt under way is no result; its own comes next.
    if (event.state === "registering" && status === this.#status) return;
    this.#change(status, event.code, event.reason);
  }

  #settleWithoutAccount(): void {
    const wanted = this.#wanted;
    if (wanted.provisioning === "disabled") this.#change("Disabled", 0, "");
    if (wanted.provisioning !== "misconfigured") return;
    const { journal, line } = this.#options;
    if (wanted.term) {
      const { provider, rule, clause } = wanted.term;
      journal.append("refusal", { line: line + 1, what: wanted.problem, provider, rule, clause });
    }
    this.#change("Error_Misconfigured", 0, wanted.problem);
  }

  #change(status: ClientStatus, code: number, reason: string): void {
    if (status === this.#status && (code === this.#code || status === "Up")) return;
    const { journal, line, model, log, onStatus } = this.#options;
    this.#status = status;
    this.#code = code;
    const registrar = this.#applied
      ? `${this.#applied.proxy || this.#applied.domain}:${this.#applied.proxyPort}`
      : "";
    log.info({ line: line + 1, status, code, reason, registrar }, "registration");
    // On the way to a result is no change worth a record; the result is.
    if (status !== "Registering" && status !== "Deregistering") {
      journal.append("registration", { line: line + 1, status, code, reason, registrar });
    }
    this.#publish(model, status);
    onStatus(status);
  }

  #publish(model: DataModel, status: ClientStatus): void {
    const { client, callControl } = this.#paths;
    const broken = status.startsWith("Error_");
    const network = chosenNetwork(this.#options.line, (path) => model.value(path));
    if (network !== this.#network && model.hasObject(this.#network))
      model.publish(`${this.#network}Status`, "Disabled");
    if (network !== undefined) {
      model.publish(`${network}Status`, status === "Disabled" ? "Disabled" : broken ? "Error_Other" : "Up");
      this.#network = network;
    }
    const line = status === "Up" ? "Up" : status === "Disabled" ? "Disabled" : broken ? "Error" : "Quiescent";
    model.publish(`${callControl}Status`, line);
    model.publish(`${client}Status`, status);
  }
}
