import { join } from "node:path";
import type { KeyValueStore } from "../../../core/ports.ts";
import type { IdleState, MaintenanceHours, SlotName } from "../../../core/update/index.ts";
import { createFloorCounter } from "../../boot/security-floor.ts";
import { createDeltaSupply } from "../delta.ts";
import { createUpdateEngine, type UpdateEngine } from "../engine.ts";
import { imageFileIn } from "../image-file.ts";
import type { ActivationOrder, UpdateOrder } from "../order.ts";
import type { ImageSupply, ReleaseCheck, UpdateReport, UpdateView } from "../options.ts";
import type { RetryPlan } from "../rejection.ts";
import type { UpdateBackend } from "../slots.ts";
import { TransportError, type Transport } from "../transport.ts";
import { createBoard, type Board, type BoardKind } from "./boards.ts";
import { trusted } from "./image.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { Power, type Chance } from "./power.ts";

type StoredUpdate = { state: string; reported?: boolean; code?: string; reason?: string };

/** How the new version behaves once it runs. */
export type Behaviour = "healthy" | "deaf" | "crashing";

const stateFolder = "/state";
export const order: UpdateOrder = {
  url: "http://acs/image",
  commandKey: "key-1",
  clause: "7.3",
  force: true,
};

/** A box with two slots, a boot loader and a server to update from, whose power can go at any change. */
export class SimulatedBox {
  readonly power: Power;
  readonly disk: MemoryDisk;
  readonly chance: Chance;
  readonly board: Board;
  readonly reports: UpdateReport[] = [];
  readonly views: UpdateView[] = [];
  readonly journal: string[] = [];
  readonly #values = new Map<string, string>();
  behaviour: Behaviour = "healthy";
  network = true;
  idle: IdleState = { idle: true };
  image: Buffer;
  etag = '"1"';
  /** Share of the server's answers that break off, of 10. */
  flaky = 0;
  engine: UpdateEngine | undefined;
  /** What is asked of it: once for each command key. Null: nothing, or by whoever has its engine. */
  order: UpdateOrder | null = order;
  onReport: (report: UpdateReport) => void = () => {};
  /** Asked for once, of a box that holds an installed image. */
  activation: ActivationOrder | undefined;
  now: () => Date = () => new Date();
  /** Bytes of the disk that must be free for the store to take a record. */
  storeNeeds = 0;
  clockPatienceMs = 60_000;
  // So many that chance alone never ends an update: a life in thousands would be refused by bad luck.
  retry: RetryPlan = { attempts: 40, firstMs: 0, longestMs: 0, longestAskedMs: 0 };
  /** Told at each start of the agent, before the box asks for anything by itself. */
  onStart: (engine: UpdateEngine) => void = () => {};
  /** Bytes a second under a call, and the hours of the terms. */
  callBandwidth = 0;
  maintenance: MaintenanceHours | null = null;
  reminded: boolean[] = [];
  onView: (view: UpdateView) => void = () => {};
  running: { slot: SlotName; version: string } = { slot: "a", version: "" };
  release: ReleaseCheck | undefined;
  supply: ImageSupply | undefined;
  /** Puts images together from what it runs, with a memory that ends with the process. */
  delta = false;
  /** Bytes of the image that were here already, as told last. */
  reused = 0;

  constructor(chance: Chance, image: Buffer, kind: BoardKind = "folders") {
    this.chance = chance;
    this.power = new Power(chance);
    this.disk = new MemoryDisk(this.power, chance);
    this.board = createBoard(kind, this.disk);
    this.image = image;
  }

  /** Version 1.0.0 in slot a, nothing in slot b. */
  async leaveFactory(): Promise<void> {
    await this.board.leaveFactory();
  }

  /** What a slot holds: a whole version, or that it is none. */
  async slotContent(slot: SlotName): Promise<string> {
    return await this.board.content(slot);
  }

  /** The floor below which this box takes no image. */
  async securityFloor(): Promise<number> {
    const running = { slot: this.running.slot, trial: false };
    return (await this.board.slots(running).record()).securityFloor;
  }

  /** As by an update that is not part of the story. */
  async raiseSecurityFloor(to: number): Promise<void> {
    await createFloorCounter(this.disk, stateFolder).raise(to);
  }

  /** The boot loader, then the agent of the slot it chose, until it restarts, loses power, or is at rest. */
  async boot(): Promise<"restart" | "cut" | "crashed" | "rest"> {
    const cut = Promise.withResolvers<"cut">();
    this.power.onCut = () => cut.resolve("cut");
    try {
      const plan = await this.board.start();
      this.running = { slot: plan.slot, version: await this.slotContent(plan.slot) };
      if (this.running.version === "2.0.0" && this.behaviour === "crashing") {
        if (plan.trial) await this.board.crashed("it crashed");
        return "crashed";
      }
      return await this.#runAgent(plan, cut.promise);
    } catch (error) {
      if (error instanceof Error && error.name === "PowerCut") return "cut";
      throw error;
    }
  }

  async #runAgent(
    plan: { slot: SlotName; trial: boolean },
    cut: Promise<"cut">,
  ): Promise<"restart" | "cut" | "rest"> {
    const restart = Promise.withResolvers<"restart">();
    const rest = Promise.withResolvers<"rest">();
    const boot = this.board.slots(plan);
    const supply = this.delta ? this.#deltaSupply(boot) : this.supply;
    const engine = createUpdateEngine({
      boot,
      disk: this.disk,
      folder: join(stateFolder, "update"),
      store: this.store(() => rest.resolve("rest")),
      transport: this.transport,
      trustedKeys: trusted,
      ...(this.release && { release: this.release }),
      ...(supply && { supply }),
      product: "tonalite-agent",
      hardware: "virtual/sim",
      version: this.running.version,
      idle: () => this.idle,
      callBandwidth: () => this.callBandwidth,
      maintenance: () => this.maintenance,
      onRemind: (remind) => void this.reminded.push(remind),
      registeredLines: () =>
        this.running.version === "2.0.0" && this.behaviour === "deaf" ? [] : this.network ? [1] : [],
      lineHealth: (line) => ({ line, status: "down", words: "408 no answer" }),
      networkReachable: async () => await Promise.resolve(this.network),
      journal: { append: (_kind, data) => this.power.change(() => this.#note(data)) as never },
      onState: (view) => {
        this.views.push(view);
        this.onView(view);
      },
      onOutcome: (report) => {
        this.power.change(() => void this.reports.push(report));
        this.onReport(report);
      },
      restart: () => restart.resolve("restart"),
      log: { info() {}, warn() {}, error() {} },
      now: () => this.now(),
      timing: {
        quietPollMs: 1,
        healthPollMs: 1,
        repairMs: 1,
        clockPatienceMs: this.clockPatienceMs,
        retry: this.retry,
        health: { settle: 0, recover: 0.003, extend: 5 },
      },
    });
    this.engine = engine;
    await engine.resumeAtBoot();
    this.onStart(engine);
    if (this.order && (engine.view.state === "idle" || this.#isNew(engine.view.commandKey))) {
      const answer = engine.request(this.order);
      if (!answer.accepted) throw new Error(answer.fault.string);
    } else if (this.activation && this.stored()?.state === "available" && this.stored()?.reported) {
      const answer = engine.activate(this.activation);
      if (!answer.accepted) throw new Error(answer.fault.string);
    } else if (this.stored()?.reported === true) rest.resolve("rest");
    const end = await Promise.race([restart.promise, rest.promise, cut]);
    await engine.stop();
    return end;
  }

  #deltaSupply(boot: UpdateBackend): ImageSupply {
    return createDeltaSupply({
      disk: this.disk,
      imageFile: imageFileIn(join(stateFolder, "update")),
      contents: async () => await boot.contents(),
      trustedKeys: trusted,
      log: { info() {}, warn() {}, error() {} },
      onBytes: ({ reused }) => (this.reused = reused),
    });
  }

  #isNew(commandKey: string): boolean {
    return this.stored()?.reported === true && !this.activation && commandKey !== this.order?.commandKey;
  }

  #note(data: object): void {
    this.journal.push("state" in data ? String(data.state) : "?");
  }

  /** The update as it is stored. */
  stored(): StoredUpdate | undefined {
    const text = this.#values.get("update.state");
    return text === undefined ? undefined : (JSON.parse(text) as StoredUpdate);
  }

  /** A durable store; `done` when an update's end has been reported. */
  private store(done: () => void): KeyValueStore {
    return {
      get: (key) => {
        this.power.require();
        const text = this.#values.get(key);
        return text === undefined ? undefined : (JSON.parse(text) as unknown);
      },
      set: (key, value) => {
        if (this.disk.left < this.storeNeeds)
          throw Object.assign(new Error("database or disk is full"), {
            code: "ERR_SQLITE_ERROR",
            errcode: 13,
          });
        this.power.change(() => void this.#values.set(key, JSON.stringify(value)));
        if (this.stored()?.reported === true) done();
      },
      delete: (key) => this.power.change(() => void this.#values.delete(key)),
    };
  }

  transport: Transport = {
    open: async ({ start, end, ifRange }) => {
      await Promise.resolve();
      if (this.chance.below(10) < this.flaky)
        throw new TransportError("UNREACHABLE", "acs cannot be reached");
      const from = ifRange !== undefined && ifRange !== this.etag ? 0 : start;
      const bytes = this.image.subarray(from, end === undefined ? undefined : end + 1);
      const breaks = this.chance.below(10) < this.flaky ? this.chance.below(bytes.length) : bytes.length;
      return {
        status: from === 0 && start > 0 ? 200 : 206,
        etag: this.etag,
        start: from,
        total: this.image.length,
        retryAfterMs: null,
        body: chunks(bytes.subarray(0, breaks), breaks < bytes.length),
        close: () => {},
      };
    },
  };
}

async function* chunks(bytes: Buffer, breaksOff: boolean): AsyncGenerator<Uint8Array> {
  for (let position = 0; position < bytes.length; position += 16 * 1024) {
    await Promise.resolve();
    yield bytes.subarray(position, position + 16 * 1024);
  }
  if (breaksOff) throw new TransportError("BROKEN_OFF", "the connection broke off");
}
