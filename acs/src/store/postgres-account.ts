import { existsSync, lstatSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

/** Under which account a child runs: null means "ours". PostgreSQL refuses to run as root. */
export type Account = { name: string; uid: number; gid: number } | null;

export class AccountError extends Error {
  override readonly name = "AccountError";
}

/** PostgreSQL looks its user up, so the account must be in the passwd file; these two are on every Debian. */
const candidates = ["postgres", "nobody"];

/** @throws AccountError when running as root and the system has no fitting account */
export function unprivilegedAccount(): Account {
  if (process.getuid?.() !== 0) return null;
  const accounts = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  for (const name of candidates) {
    const found = accounts.find((fields) => fields[0] === name);
    if (found) return { name, uid: Number(found[2]), gid: Number(found[3]) };
  }
  throw new AccountError(
    `PostgreSQL does not run as root and there is no user ${candidates.join(" or ")}: run the ACS as another user, or give --database-url`,
  );
}

/**
 * How to start a program under that account. `setpriv` (util-linux) also ends the child when we are killed, and, where
 * a folder on the way is closed to the account (a clone under /root), lends it the right to pass through.
 * @param paths what the program must reach
 */
export function commandAs(
  account: Account,
  program: string,
  programArguments: readonly string[],
  paths: readonly string[],
): { file: string; arguments: string[]; uid?: number; gid?: number } {
  const setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].find((path) => existsSync(path));
  if (!setpriv) {
    const identity = account ? { uid: account.uid, gid: account.gid } : {};
    return { file: program, arguments: [...programArguments], ...identity };
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
