import { dirname } from "node:path";
import type { Disk, DiskFile } from "../disk.ts";
import type { Chance, Power } from "./power.ts";

type Inode = { folder: boolean; data: Buffer; safe: Buffer; mode: number; device?: true };

const sector = 512;

/**
 * A disk in memory that keeps only what POSIX promises: after a power cut an unsynced name is there or not, and
 * unsynced content is old, new, cut short, or zeros.
 */
export class MemoryDisk implements Disk {
  #live = new Map<string, Inode>([["/", folderNode()]]);
  #safe = new Map(this.#live);
  readonly #power: Power;
  readonly #chance: Chance;
  free = 100 * 1024 * 1024;
  /** Bytes that all files together may have: beyond them a write fails as POSIX says. */
  room = Number.POSITIVE_INFINITY;

  constructor(power: Power, chance: Chance) {
    this.#power = power;
    this.#chance = chance;
  }

  /** What the medium holds when the power is back. */
  crash(): void {
    const survived = new Map<string, Inode>();
    for (const path of [...new Set([...this.#live.keys(), ...this.#safe.keys()])].sort()) {
      const node = this.#chance.below(2) === 0 ? this.#live.get(path) : this.#safe.get(path);
      if (!node || (path !== "/" && !survived.get(dirname(path))?.folder)) continue;
      survived.set(path, node);
    }
    for (const node of survived.values()) if (!node.data.equals(node.safe)) node.data = this.#unsynced(node);
    for (const node of survived.values()) node.safe = Buffer.from(node.data);
    this.#live = survived;
    this.#safe = new Map(survived);
  }

  /** A partition: as long as it is, and written in whole sectors, which a power cut leaves old or new one by one. */
  async addDevice(path: string, bytes: number): Promise<void> {
    await this.makeFolder(dirname(path));
    const data = Buffer.alloc(bytes);
    const node: Inode = { folder: false, data, safe: Buffer.from(data), mode: 0o600, device: true };
    this.#live.set(path, node);
    this.#safe.set(path, node);
  }

  #mixed({ data, safe }: Inode): Buffer {
    const mixed = Buffer.from(safe);
    for (let at = 0; at < data.length; at += sector)
      if (this.#chance.below(2) === 0) data.copy(mixed, at, at, at + sector);
    return mixed;
  }

  #unsynced(node: Inode): Buffer {
    if (node.device) return this.#mixed(node);
    const { data, safe } = node;
    const cut = this.#chance.below(data.length + 1);
    const outcomes = [
      safe,
      data,
      data.subarray(0, cut),
      Buffer.concat([data.subarray(0, cut), Buffer.alloc(data.length - cut)]),
    ];
    return Buffer.from(outcomes[this.#chance.below(outcomes.length)] ?? data);
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    this.#power.require();
    const node = this.#live.get(path);
    return await Promise.resolve(node ? Buffer.from(node.data) : undefined);
  }

  async open(path: string, how: "read" | "medium" | "write" | "create", mode = 0o600): Promise<DiskFile> {
    this.#power.require();
    let node = this.#live.get(path);
    if (how === "create") {
      node ??= { folder: false, data: Buffer.alloc(0), safe: Buffer.alloc(0), mode };
      const created = node;
      this.#power.change(() => {
        created.data = Buffer.alloc(0);
        this.#enter(path, created);
      });
    }
    if (!node) throw Object.assign(new Error(`no ${path}`), { code: "ENOENT" });
    return await Promise.resolve(this.#file(node));
  }

  /** Bytes that can still be written. */
  get left(): number {
    return this.room - [...this.#live.values()].reduce((sum, { data }) => sum + data.length, 0);
  }

  #file(node: Inode): DiskFile {
    const power = this.#power;
    const requireRoom = (more: number): void => {
      if (more > 0 && (node.device || more > this.left))
        throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    };
    const change = async (make: () => void): Promise<void> => {
      power.change(make);
      await Promise.resolve();
    };
    return {
      size: async () => await Promise.resolve(node.data.length),
      async read(length, position, into) {
        power.require();
        const bytes = node.data.subarray(position, position + length);
        into?.set(bytes);
        return await Promise.resolve(into?.subarray(0, bytes.length) ?? Buffer.from(bytes));
      },
      async write(bytes, position) {
        requireRoom(position + bytes.length - node.data.length);
        power.write(bytes.length, (cutAt) => {
          // A sector is written as a whole or not at all.
          const end = position + cutAt;
          const written =
            node.device && cutAt < bytes.length ? Math.max(0, end - (end % sector) - position) : cutAt;
          const more = position + written - node.data.length;
          if (more > 0) node.data = Buffer.concat([node.data, Buffer.alloc(more)]);
          node.data.set(bytes.subarray(0, written), position);
        });
        await Promise.resolve();
      },
      truncate: async (size) => await change(() => (node.data = Buffer.from(node.data.subarray(0, size)))),
      sync: async () => await change(() => (node.safe = Buffer.from(node.data))),
      close: async () => await Promise.resolve(),
    };
  }

  #enter(path: string, node: Inode): void {
    if (!this.#live.get(dirname(path))?.folder)
      throw Object.assign(new Error(`no ${dirname(path)}`), { code: "ENOENT" });
    this.#live.set(path, node);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#power.change(() => {
      const node = this.#live.get(from);
      if (!node) throw new Error(`no ${from}`);
      this.#enter(to, node);
      this.#live.delete(from);
    });
    await Promise.resolve();
  }

  async remove(path: string): Promise<void> {
    this.#power.change(() => {
      for (const name of this.#live.keys())
        if (name === path || name.startsWith(`${path}/`)) this.#live.delete(name);
    });
    await Promise.resolve();
  }

  async makeFolder(path: string): Promise<void> {
    if (!this.#live.has(dirname(path))) await this.makeFolder(dirname(path));
    if (!this.#live.has(path)) this.#power.change(() => this.#enter(path, folderNode()));
  }

  async syncFolder(path: string): Promise<void> {
    this.#power.change(() => {
      for (const name of new Set([...this.#live.keys(), ...this.#safe.keys()])) {
        if (dirname(name) !== path) continue;
        const node = this.#live.get(name);
        if (node) this.#safe.set(name, node);
        else this.#safe.delete(name);
      }
    });
    await Promise.resolve();
  }

  async list(path: string): Promise<string[]> {
    this.#power.require();
    const files = [...this.#live].filter(([name, node]) => !node.folder && name.startsWith(`${path}/`));
    return await Promise.resolve(files.map(([name]) => name.slice(path.length + 1)));
  }

  async freeBytes(): Promise<number> {
    return await Promise.resolve(this.free);
  }
}

function folderNode(): Inode {
  return { folder: true, data: Buffer.alloc(0), safe: Buffer.alloc(0), mode: 0o755 };
}
