import { readFileSync } from "node:fs";

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
