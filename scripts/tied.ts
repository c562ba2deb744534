import { existsSync } from "node:fs";

// util-linux, which every Debian has.
const setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].find((path) => existsSync(path));

/**
 * A command that the kernel ends when this process ends, however it does (prctl(2), PR_SET_PDEATHSIG): a test that is
 * killed outright leaves no board and no registrar behind. Without setpriv it is the command as it stands.
 * A program that is not there is told by exit code 127, and no longer by an `error` event.
 * @returns what `spawn` takes
 */
export function tied(
  command: string,
  args: readonly string[],
  signal: "TERM" | "KILL" = "TERM",
): [command: string, args: string[]] {
  if (setpriv === undefined) return [command, [...args]];
  return [setpriv, ["--pdeathsig", signal, "--", command, ...args]];
}
