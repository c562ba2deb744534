import type { DevicePatch, Line, BoxOrder } from "@tonalite/acs/api";

/** A line as it stands in a form. */
export type LineDraft = {
  line: number;
  enabled: boolean;
  directoryNumber: string;
  sipUser: string;
  sipPassword: string;
  domain: string;
  /** `host` or `host:port`; empty: the domain */
  proxy: string;
};

export const newLine = (line: number): LineDraft => ({
  line,
  enabled: true,
  directoryNumber: "",
  sipUser: "",
  sipPassword: "",
  domain: "",
  proxy: "",
});

/** A line as the ACS knows it. Its password is not read back. */
export function draftOf(line: Line): LineDraft {
  const { proxyHost, proxyPort } = line;
  return {
    line: line.line,
    enabled: line.enabled,
    directoryNumber: line.directoryNumber ?? "",
    sipUser: line.sipUser ?? "",
    sipPassword: "",
    domain: line.domain ?? "",
    proxy: proxyHost === null ? "" : proxyPort === null ? proxyHost : `${proxyHost}:${proxyPort}`,
  };
}

/** `host`, `host:port`, `[address]` or `[address]:port`; undefined for anything else. */
export function readProxy(text: string): { proxyHost?: string; proxyPort?: number } | undefined {
  if (text.trim() === "") return {};
  const match = /^(?<host>[\w.-]+|\[[\da-fA-F:]+\])(?::(?<port>\d{1,5}))?$/.exec(text.trim());
  const { host, port } = match?.groups ?? {};
  if (host === undefined) return undefined;
  if (port === undefined) return { proxyHost: host };
  const number = Number(port);
  return number >= 1 && number <= 65_535 ? { proxyHost: host, proxyPort: number } : undefined;
}

/** Whether the form may be sent. @param isKnown the ACS has a password for this line */
export const isWhole = (draft: LineDraft, isKnown: boolean): boolean =>
  [draft.directoryNumber, draft.sipUser, draft.domain].every((text) => text.trim() !== "") &&
  (isKnown || draft.sipPassword !== "") &&
  readProxy(draft.proxy) !== undefined;

/** The whole account, for a line that is new. */
export const accountOf = (draft: LineDraft): BoxOrder["lines"][number] => ({
  line: draft.line,
  enabled: draft.enabled,
  directoryNumber: draft.directoryNumber.trim(),
  sipUser: draft.sipUser.trim(),
  sipPassword: draft.sipPassword,
  domain: draft.domain.trim(),
  ...readProxy(draft.proxy),
});

type LineChanges = NonNullable<DevicePatch["lines"]>;

/** What has to be changed for lines to be as in the form; nothing for those that are. */
export function changesOf(before: readonly Line[], drafts: readonly LineDraft[]): LineChanges {
  const removed = before
    .filter(({ line }) => !drafts.some((draft) => draft.line === line))
    .map(({ line }) => ({ line, remove: true as const }));
  const changed = drafts.flatMap((draft): LineChanges => {
    const known = before.find(({ line }) => line === draft.line);
    if (!known) return [accountOf(draft)];
    if (JSON.stringify(draftOf(known)) === JSON.stringify(draft)) return [];
    const { sipPassword, ...account } = accountOf(draft);
    const { proxyHost = null, proxyPort = null } = account;
    return [{ ...account, proxyHost, proxyPort, ...(sipPassword === "" ? {} : { sipPassword }) }];
  });
  return [...removed, ...changed];
}
