import type { DeviceRow } from "./repository.ts";

/**
 * What the CWMP endpoint keeps in memory of a device, so that an Inform with nothing new costs one write and no read.
 * Never a truth of its own: `revision` comes back with every write and says when the rest is out of date.
 */
export type KnownDevice = {
  row: DeviceRow;
  /** values of the parameters that Informs bring, as last stored */
  informed: Map<string, string>;
  /** the state in which nothing was left to do; undefined: unknown, plan first */
  settled: { revision: number; parameterKey: string } | undefined;
  /** the ParameterKey last set by us and how often, to notice devices that do not keep it */
  applied: { key: string; times: number } | undefined;
};

/** Devices most recently heard of, by CWMP user name and by id. */
export class KnownDevices {
  readonly #capacity: number;
  readonly #byId = new Map<string, KnownDevice>(); // in the order of last use
  readonly #byUsername = new Map<string, KnownDevice>();

  constructor(capacity = 50_000) {
    this.#capacity = capacity;
  }

  byUsername(username: string): KnownDevice | undefined {
    return this.#byUsername.get(username);
  }

  byId(id: string): KnownDevice | undefined {
    return this.#byId.get(id);
  }

  /** Takes in a row just read; what is known of an earlier reading of the same device stays. */
  keep(row: DeviceRow): KnownDevice {
    const former = this.#byId.get(row.id);
    if (former?.row.cwmp_username) this.#byUsername.delete(former.row.cwmp_username);
    const known: KnownDevice = former ?? { row, informed: new Map(), settled: undefined, applied: undefined };
    known.row = row;
    this.#byId.delete(row.id);
    this.#byId.set(row.id, known);
    if (row.cwmp_username !== null) this.#byUsername.set(row.cwmp_username, known);
    if (this.#byId.size > this.#capacity) {
      const oldest = this.#byId.keys().next().value;
      if (oldest !== undefined) this.forget(oldest);
    }
    return known;
  }

  forget(id: string): void {
    const known = this.#byId.get(id);
    if (known?.row.cwmp_username) this.#byUsername.delete(known.row.cwmp_username);
    this.#byId.delete(id);
  }
}
