/**
 * How Node runs the agent on a box with little memory. What each of these is worth, and what it costs, is measured in
 * docs/decisions/007-memory-of-the-agent.md.
 */
export const nodeFlags: readonly string[] = [
  // No compilers: an agent is idle nearly always, and interpreted it is as fast as it needs to be.
  "--lite-mode",
  // A leak ends in a restart of the agent, not in a box without memory.
  "--max-old-space-size=64",
  // A small young generation costs some scavenges and saves megabytes.
  "--max-semi-space-size=1",
  // One thread collects garbage: helpers would each keep a stack and an allocator's arena.
  "--single-threaded",
  "--v8-pool-size=0",
  "--disable-warning=ExperimentalWarning",
];

/** For glibc's malloc (bytes): what is freed in larger pieces goes back to the system, and not only from the top. */
export const allocator: Readonly<Record<string, string>> = {
  MALLOC_MMAP_THRESHOLD_: String(16 * 1024),
  MALLOC_TRIM_THRESHOLD_: String(64 * 1024),
};
