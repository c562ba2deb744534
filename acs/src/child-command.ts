import { existsSync, lstatSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

/** Under which account a child runs; null means "ours". */
type Account = { readonly uid: number; readonly gid: number } | null;

/**
 * How to start a child of the ACS under an account. `setpriv` (util-linux) also ends it when we are killed, and, where
 * a folder on the way is closed to the account (a clone under /root), lends it the right to pass through. A program
 * that is not there is then told by exit code 127.
 * @param paths what the program must reach, and is lent the right to
 */
export function commandAs(
  account: Account,
  program: string,
  programArguments: readonly string[],
  paths: readonly string[] = [],
): { file: string; arguments: string[]; uid?: number; gid?: number } {
  const setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].find((path) => existsSync(path));
  if (!setpriv) {
    return { file: program, arguments: [...programArguments], ...account };
  }
  const options = ["--pdeathsig", "INT"];
  if (account) {
    options.push("--reuid", String(account.uid), "--regid", String(account.gid), "--clear-groups");
    if (paths.some((path) => !passable(path, account))) {
      const capability = passCapability();
      options.push("--inh-caps", `+${capability}`, "--ambient-caps", `+${capability}`);
      // access(2), by which PostgreSQL looks for its own programs, forgets lent rights without this (capabilities(7)).
      options.push("--securebits", "+no_setuid_fixup");
    }
  }
  return { file: setpriv, arguments: [...options, "--", program, ...programArguments] };
}

/** Whether every folder above `path` lets the account through. */
function passable(path: string, account: { uid: number; gid: number }): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const stat = lstatSync(folder);
    const bit = stat.uid === account.uid ? 0o100 : stat.gid === account.gid ? 0o010 : 0o001;
    if ((stat.mode & bit) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** The smaller right if we hold it; a default container has only the larger one. Bits: linux/capability.h. */
function passCapability(): string {
  const status = readFileSync("/proc/self/status", "utf8");
  const held = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0"}`);
  return (held >> 2n) & 1n ? "dac_read_search" : "dac_override";
}
