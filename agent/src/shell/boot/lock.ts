import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { createServer } from "node:net";

/** Another board runs on this state. */
export class LockedError extends Error {
  override readonly name = "LockedError";
}

/**
 * Makes this process the only board on a state folder until it ends, however it ends: the lock is a name in Linux's
 * abstract socket namespace, which the kernel frees even after SIGKILL, so that no stale lock is ever left.
 * @returns frees the lock before the process ends
 * @throws LockedError
 */
export async function lockState(stateFolder: string): Promise<() => void> {
  const name = createHash("sha256").update(realpathSync(stateFolder)).digest("hex");
  const server = createServer((socket) => socket.destroy());
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", (cause: NodeJS.ErrnoException) => {
    const taken = cause.code === "EADDRINUSE";
    reject(taken ? new LockedError(`another virtual ATA runs on ${stateFolder}`, { cause }) : cause);
  });
  server.listen(`\u0000tonalite-board-${name}`, resolve);
  await promise;
  server.unref();
  return () => server.close();
}
