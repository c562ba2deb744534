import type { ParameterValue } from "./parameter.ts";
import type { ObjectTemplate, ParameterTemplate } from "./template.ts";

/** Answers for the parameters of one object when they are read; undefined leaves one to what was stored. */
export type ObjectProvider = (name: string) => string | undefined;

/** Why management may not set a parameter of one object to this value; undefined: it may. */
export type ObjectGuard = (name: string, value: string) => { code: 9007 | 9008; message: string } | undefined;

/**
 * An object or table that exists now. A value that is what its declaration starts with takes no memory: most of a
 * tree does not.
 */
export class ObjectNode {
  readonly path: string;
  readonly template: ObjectTemplate;
  #values: Map<string, string> | undefined;
  #providers: Map<string, () => string> | undefined;
  #provider: ObjectProvider | undefined;
  /** Asked after everything that is declared holds. */
  guard: ObjectGuard | undefined;

  constructor(path: string, template: ObjectTemplate) {
    this.path = path;
    this.template = template;
  }

  /** What is stored, secrets in clear. */
  stored(name: string, { initial }: ParameterTemplate): string {
    return this.#values?.get(name) ?? initial;
  }

  /** The value of this moment. */
  current(name: string, parameter: ParameterTemplate): string {
    return this.#providers?.get(name)?.() ?? this.#provider?.(name) ?? this.stored(name, parameter);
  }

  /** As others see it: secrets read as "". */
  show(name: string, parameter: ParameterTemplate): ParameterValue {
    const { access, secret, type } = parameter.declaration;
    return {
      path: this.path + name,
      value: secret === true ? "" : this.current(name, parameter),
      type,
      writable: access === "readWrite",
    };
  }

  set(name: string, { initial }: ParameterTemplate, value: string): void {
    if (value === initial) this.#values?.delete(name);
    else (this.#values ??= new Map()).set(name, value);
  }

  provide(name: string, provider: () => string): void {
    (this.#providers ??= new Map()).set(name, provider);
  }

  provideAll(provider: ObjectProvider): void {
    this.#provider = provider;
  }

  isProvided(name: string): boolean {
    return this.#providers?.has(name) === true || this.#provider?.(name) !== undefined;
  }

  /** What differs from the declaration's start. */
  *changed(): Generator<[name: string, value: string, parameter: ParameterTemplate]> {
    for (const [name, value] of this.#values ?? []) {
      const parameter = this.template.parameters.get(name);
      if (parameter !== undefined) yield [name, value, parameter];
    }
  }
}
