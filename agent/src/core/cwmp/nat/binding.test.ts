import { describe, expect, it } from "vitest";
import {
  type Binding,
  type BindingEffect,
  type BindingEvent,
  keepAliveLimits,
  startBinding,
  stepBinding,
} from "./index.ts";

/** A NAT that forgets a binding after a pause, and gives another port then. */
class Nat {
  binding: Binding;
  effects: BindingEffect[];
  published: number[] = [];
  asked = 0;
  changes = 0;
  lost = false;
  port = 40_000;
  now = 0;
  /** When the binding was last used by a packet from the box. */
  used = 0;
  readonly memory: number;

  constructor(memory: number, minimum: number, maximum: number) {
    this.memory = memory;
    const started = startBinding(keepAliveLimits(minimum, maximum));
    this.binding = started.binding;
    this.effects = started.effects;
  }

  /** Plays for so many milliseconds. */
  play(time: number): void {
    const end = this.now + time;
    let next: { at: number; event: BindingEvent } = { at: this.now, event: { event: "due" } };
    for (;;) {
      for (const effect of this.effects) next = this.#do(effect) ?? next;
      this.effects = [];
      if (next.at > end) break;
      this.now = next.at;
      const step = stepBinding(this.binding, next.event);
      this.binding = step.binding;
      this.effects = step.effects;
      next = { at: Number.POSITIVE_INFINITY, event: { event: "due" } };
    }
    this.now = end;
  }

  #do(effect: BindingEffect): { at: number; event: BindingEvent } | undefined {
    const stands = this.now - this.used <= this.memory;
    if (effect.do === "wait") return { at: this.now + effect.time, event: { event: "due" } };
    if (effect.do === "publish") this.published.push(effect.mapped.port);
    if (effect.do === "ask") {
      this.asked += 1;
      if (effect.changed) this.changes += 1;
      if (!stands) this.port += 1;
      this.used = this.now;
      this.#answers = !this.lost;
    }
    if (effect.do === "try") this.#answers = stands && !this.lost;
    if (effect.do !== "await") return undefined;
    const mapped = { address: "203.0.113.5", port: this.port };
    return this.#answers
      ? { at: this.now + 20, event: { event: "answered", mapped } }
      : { at: this.now + effect.time, event: { event: "timed-out" } };
  }
  #answers = false;
}

const hours = 3_600_000;

describe("keeping a NAT's binding", () => {
  it("learns how the box looks from outside, and tells once", () => {
    const nat = new Nat(120_000, 30, 30);
    nat.play(hours);
    expect(nat.published).toEqual([40_000]);
    expect(nat.asked).toBe(120);
  });

  it.each([40_000, 120_000, 300_000])(
    "finds out that the NAT remembers for %i ms, and asks no more than needed",
    (memory) => {
      const nat = new Nat(memory, 20, -1);
      nat.play(8 * hours);
      expect(nat.binding.safe).toBeLessThanOrEqual(memory);
      expect(nat.binding.safe).toBeGreaterThan(memory * 0.6);
      expect(nat.binding.period).toBe(nat.binding.safe);
      const { asked } = nat;
      nat.play(hours);
      expect(nat.asked - asked).toBeLessThanOrEqual(hours / nat.binding.safe + 1);
      expect(nat.published.at(-1)).toBe(nat.port);
    },
  );

  it("stays within what the ACS set", () => {
    const nat = new Nat(1000 * 3600, 60, 90);
    nat.play(8 * hours);
    expect(nat.binding.safe).toBeLessThanOrEqual(90_000);
    expect(nat.binding.safe).toBeGreaterThanOrEqual(60_000);
  });

  it("tells the new port, and the server too, when the NAT forgot", () => {
    const nat = new Nat(120_000, 30, 30);
    nat.play(600_000);
    // The gateway restarts.
    nat.used = Number.NEGATIVE_INFINITY;
    nat.play(600_000);
    expect(nat.published).toEqual([40_000, 40_001]);
    expect(nat.changes).toBe(1);
  });

  it("asks nine times, then leaves a dead server alone for a minute", () => {
    const nat = new Nat(120_000, 30, 30);
    nat.lost = true;
    nat.play(30_000);
    expect(nat.asked).toBe(9);
    expect(nat.binding.state).toBe("unanswered");
    nat.lost = false;
    nat.play(60_000);
    expect(nat.published).toHaveLength(1);
  });

  it("gives the search up with a server that cannot help", () => {
    const started = startBinding(keepAliveLimits(20, -1));
    const mapped = { address: "203.0.113.5", port: 1 };
    const answered = stepBinding(started.binding, { event: "answered", mapped });
    const trying = stepBinding(answered.binding, { event: "due" });
    expect(trying.binding.state).toBe("trying");
    const given = stepBinding(trying.binding, { event: "cannot-try" });
    const again = stepBinding(given.binding, { event: "answered", mapped });
    expect(again.binding).toMatchObject({ state: "kept", period: 20_000, safe: 20_000 });
  });
});
