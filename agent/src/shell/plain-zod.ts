/**
 * Makes schemas small. Imported before everything that makes one: a schema looks at this when it is made.
 * What each part is worth stands in docs/decisions/007-memory-of-the-agent.md.
 */
import * as z from "zod";

/** What zod keeps beside every schema, as far as it is thinned here. */
type Internals = { constr: object; traits: Set<string>; processJSONSchema?: unknown };

const traitsOf = new WeakMap<object, Set<string>>();

/** Leaves a schema what it checks with; nothing in the agent asks a schema to describe itself. */
function thin({ _zod: internals }: { _zod: Internals }): void {
  const { constr, traits } = internals;
  const known = traitsOf.get(constr);
  if (known !== undefined && known.size === traits.size) internals.traits = known;
  else {
    traitsOf.set(constr, traits);
    // A schema with a check would keep the one without it, for the descriptions that it inherits.
    const shared = Object.getPrototypeOf(internals) as object;
    Object.defineProperty(shared, "parent", { set() {}, configurable: true });
  }
  internals.processJSONSchema = undefined;
}

// zod would otherwise write and compile a function for every object that it checks; a box checks few.
z.config({ jitless: true, postProcessor: thin });
