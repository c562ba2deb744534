/** TR-069 §3.2.2.2: a device restricts how often it lets itself be called. */
const window = 60_000;
const acceptedPerWindow = 20;
const refusedPerWindow = 30;

/** How often somebody may knock in a minute, through whichever door; wrong proofs count for themselves. */
export class KnockLimit {
  #accepted: number[] = [];
  #refused: number[] = [];

  /** Whether no more is heard for now. Times in milliseconds. */
  isReached(now: number): boolean {
    this.#accepted = this.#accepted.filter((time) => now - time < window);
    this.#refused = this.#refused.filter((time) => now - time < window);
    return this.#accepted.length >= acceptedPerWindow || this.#refused.length >= refusedPerWindow;
  }

  accept(now: number): void {
    this.#accepted.push(now);
  }

  refuse(now: number): void {
    this.#refused.push(now);
  }
}
