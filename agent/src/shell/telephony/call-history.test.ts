import { describe, expect, it } from "vitest";
import type { KeyValueStore } from "../../core/ports.ts";
import { openCallMemory } from "./call-history.ts";

function storeOf(kept: Map<string, unknown>): KeyValueStore {
  return {
    get: (key) => kept.get(key),
    set: (key, value) => void kept.set(key, value),
    delete: (key) => void kept.delete(key),
  };
}

describe("a line's memory of numbers", () => {
  it("lasts over a restart, each line with its own", () => {
    const store = storeOf(new Map());
    openCallMemory(store, 0).dialled("0145678901");
    openCallMemory(store, 0).called("+33612345678");
    expect(openCallMemory(store, 0).now).toEqual({ lastDialled: "0145678901", lastCaller: "+33612345678" });
    expect(openCallMemory(store, 1).now).toEqual({ lastDialled: "", lastCaller: "" });
  });

  it("keeps the last caller that can be called back", () => {
    const memory = openCallMemory(storeOf(new Map()), 0);
    memory.called("0612345678");
    for (const nobody of ["", "anonymous", "alice", "1"]) memory.called(nobody);
    expect(memory.now.lastCaller).toBe("0612345678");
  });

  it("works without a disk, and does not believe a damaged one", () => {
    const full = storeOf(new Map());
    const memory = openCallMemory(
      {
        ...full,
        set: () => {
          throw new Error("disk full");
        },
      },
      0,
    );
    memory.dialled("0145678901");
    expect(memory.now.lastDialled).toBe("0145678901");
    const damaged = storeOf(new Map([["calls.history.0", { lastDialled: 5 }]]));
    expect(openCallMemory(damaged, 0).now).toEqual({ lastDialled: "", lastCaller: "" });
  });
});
