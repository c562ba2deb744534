import { DataModelError, type ModelView } from "../data-model/index.ts";
import type { FaultCode, ParameterAttributeChange, ParameterAttributes } from "./types.ts";

/** What the store keeps: only what the ACS asked for, by parameter. */
export type StoredAttributes = Readonly<Record<string, { notification?: number; accessList?: string[] }>>;

type Told = { notification?: number; accessList?: string[] };
/** TR-069 A.3.2.4: 3 and 4 are passive lightweight notification, 5 and 6 active; 4 and 6 with passive notification. */
const highestNotification = 6;
const byDeclaration = { off: 0, passive: 1, active: 2, forced: 2 } as const;
/** A.3.2.4: the one entity the standard defines; vendors add theirs with a prefix. */
const knownEntity = /^(Subscriber|X_[\dA-Za-z]\S*)$/;
const maximumEntities = 8;
/** One request may touch every parameter many times over, not without end. */
const maximumAssignments = 20_000;

/** Why attributes cannot be set; nothing was changed then. */
export type AttributeFault = { faultCode: FaultCode; faultString: string };

/**
 * The attributes of TR-069 A.3.2.4 of every parameter: what is declared, and what the ACS asked for instead. Only the
 * latter takes memory.
 */
export class AttributeTable {
  readonly #model: ModelView;
  readonly #save: (attributes: StoredAttributes) => void;
  #told: ReadonlyMap<string, Told>;

  /**
   * @param stored what `save` was given before the restart
   * @param save durable when it returns; entries of parameters that are gone are left out
   */
  constructor(model: ModelView, stored: StoredAttributes, save: (attributes: StoredAttributes) => void) {
    this.#model = model;
    this.#told = new Map(Object.entries(stored));
    this.#save = save;
  }

  /** In sessions: 0 off, 1 passive, 2 active. */
  notification(path: string): 0 | 1 | 2 {
    const value = this.#notification(path);
    if (value === 2) return 2;
    return value === 1 || value === 4 || value === 6 ? 1 : 0;
  }

  /** In lightweight messages. */
  light(path: string): "off" | "passive" | "active" {
    const value = this.#notification(path);
    if (value < 3) return "off";
    return value < 5 ? "passive" : "active";
  }

  #notification(path: string): number {
    const declared = this.#model.declaration(path)?.notify ?? "off";
    const told = declared === "forced" ? undefined : this.#told.get(path)?.notification;
    return told ?? byDeclaration[declared];
  }

  /**
   * The attributes of one parameter, or of all below a partial path.
   * @throws DataModelError INVALID_NAME
   */
  read(path: string): ParameterAttributes[] {
    return this.#paths(path).map((found) => ({
      path: found,
      notification: this.#notification(found),
      // By default everyone may write (A.3.2.4).
      accessList: this.#told.get(found)?.accessList ?? ["Subscriber"],
    }));
  }

  /** All changes or none (A.3.2.4); of two that meet one parameter the later holds. */
  apply(changes: readonly ParameterAttributeChange[]): AttributeFault | undefined {
    const accepted: { path: string; change: ParameterAttributeChange }[] = [];
    for (const change of changes) {
      let paths: readonly string[];
      try {
        paths = this.#paths(change.path);
      } catch (error) {
        if (!(error instanceof DataModelError)) throw error;
        return { faultCode: 9005, faultString: `Invalid parameter name: ${change.path.slice(0, 256)}` };
      }
      const fault = badAccess(change) ?? this.#badNotification(change, paths);
      if (fault !== undefined) return fault;
      if (accepted.length + paths.length > maximumAssignments)
        return { faultCode: 9004, faultString: "Resources exceeded: too many attributes in one request" };
      for (const path of paths) accepted.push({ path, change });
    }
    const told = new Map([...this.#told].filter(([path]) => this.#model.declaration(path) !== undefined));
    for (const { path, change } of accepted) this.#note(told, path, change);
    this.#save(Object.fromEntries(told));
    this.#told = told;
    return undefined;
  }

  #paths(path: string): string[] {
    return this.#model
      .names(path, false)
      .map((name) => name.path)
      .filter((name) => name !== "" && !name.endsWith("."));
  }

  #badNotification(
    { notification, path }: ParameterAttributeChange,
    paths: readonly string[],
  ): AttributeFault | undefined {
    if (notification === undefined) return undefined;
    if (notification > highestNotification) {
      return { faultCode: 9003, faultString: `${notification} is no kind of notification` };
    }
    const refuse = (name: string, why: string): AttributeFault => ({
      faultCode: 9009,
      faultString: `Notification request rejected: ${name.slice(0, 200)} ${why}`,
    });
    // TR-106: passive is never refused; switching off what is forced is refused by name, and passed over in a subtree.
    if (notification === 0 && this.#model.declaration(path)?.notify === "forced")
      return refuse(path, "is always told");
    const active = notification === 2 || notification > 4;
    const silent = active ? paths.find((name) => this.#model.isProvided(name)) : undefined;
    return silent === undefined ? undefined : refuse(silent, "changes too often to be told of actively");
  }

  /** What equals the declaration is not kept. */
  #note(all: Map<string, Told>, path: string, { accessList, notification }: ParameterAttributeChange): void {
    const declaration = this.#model.declaration(path);
    const declared = declaration?.notify ?? "off";
    const told: Told = { ...all.get(path) };
    if (notification !== undefined && declared !== "forced") {
      if (notification === byDeclaration[declared]) delete told.notification;
      else told.notification = notification;
    }
    if (accessList !== undefined) {
      if (accessList.length === 1 && accessList[0] === "Subscriber") delete told.accessList;
      else told.accessList = [...new Set(accessList)];
    }
    if (told.notification === undefined && told.accessList === undefined) all.delete(path);
    else all.set(path, told);
  }
}

function badAccess({ accessList }: ParameterAttributeChange): AttributeFault | undefined {
  if (accessList === undefined) return undefined;
  const good =
    accessList.length <= maximumEntities &&
    accessList.every((entity) => entity.length <= 64 && knownEntity.test(entity));
  return good ? undefined : { faultCode: 9003, faultString: "AccessList names an entity that is not known" };
}
