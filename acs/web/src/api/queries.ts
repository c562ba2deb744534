import type {
  AuditEntry,
  AuditVerification,
  Call,
  Command,
  Device,
  DeviceSummary,
  FirmwareImage,
  Health,
  JournalRow,
  NewCommand,
  NewUpdate,
  Parameter,
  Registration,
  Release,
  SigningKey,
  Terms,
  Update,
} from "@tonalite/acs/api";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useClient } from "../session.tsx";

type Page<T> = { items: T[]; next: string | null };
type Query = Record<string, string | undefined>;

export const devicePath = (id: string, rest = ""): string => `/api/devices/${encodeURIComponent(id)}${rest}`;

/** A list that is read page by page; `rows` are those read so far. */
export function usePages<T>(
  key: readonly unknown[],
  path: string,
  query: Query = {},
  refetchInterval: number | false = false,
) {
  const client = useClient();
  const result = useInfiniteQuery({
    queryKey: [...key, query],
    refetchInterval,
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) =>
      client.get<Page<T>>(
        `${path}${search({ ...query, after: pageParam === "" ? undefined : pageParam })}`,
        signal,
      ),
    getNextPageParam: (last) => last.next ?? undefined,
    placeholderData: (previous) => previous,
  });
  return { ...result, rows: result.data?.pages.flatMap((page) => page.items) };
}
export type Pages<T> = ReturnType<typeof usePages<T>>;

function search(query: Query): string {
  const present = Object.entries(query).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== "",
  );
  return present.length === 0 ? "" : `?${new URLSearchParams(present).toString()}`;
}

export const useDevices = (query: { search?: string; connection?: string | undefined }) =>
  usePages<DeviceSummary>(["devices"], "/api/devices", query);
export const useDeviceCalls = (id: string) =>
  usePages<Call>(["device", id, "calls"], devicePath(id, "/calls"));
/** Whether the ACS itself is well. Asked rarely: what changes here changes by the day. */
export function useHealth() {
  const client = useClient();
  return useQuery({
    queryKey: ["health"],
    queryFn: ({ signal }) => client.get<Health>("/api/health", signal),
    refetchInterval: 3_600_000,
  });
}
export const useAllCalls = (query: { number?: string; direction?: string | undefined }) =>
  usePages<Call>(["calls"], "/api/calls", query);
export const useRegistrations = (id: string) =>
  usePages<Registration>(["device", id, "registrations"], devicePath(id, "/registrations"));
export const useJournal = (id: string) =>
  usePages<JournalRow>(["device", id, "journal"], devicePath(id, "/journal"));
export const useCommands = (id: string) =>
  usePages<Command>(["device", id, "commands"], devicePath(id, "/commands"));
export const useUpdates = (id: string) =>
  usePages<Update>(["device", id, "updates"], devicePath(id, "/updates"));
export const useParameters = (id: string, text: string) =>
  usePages<Parameter>(["device", id, "parameters"], devicePath(id, "/parameters"), { search: text });
export const useFirmware = () => usePages<FirmwareImage>(["firmware"], "/api/firmware");
/** The keys that sign what boxes and boards take. */
export function useSigningKeys() {
  const client = useClient();
  return useQuery({
    queryKey: ["signing-keys"],
    queryFn: ({ signal }) => client.get<Page<SigningKey>>("/api/firmware/keys", signal),
  });
}
/** Which images are released. */
export function useRelease() {
  const client = useClient();
  return useQuery({
    queryKey: ["release"],
    queryFn: ({ signal }) => client.get<Release>("/api/release", signal),
    refetchInterval: 60_000,
  });
}
export const useAudit = () => usePages<AuditEntry>(["audit"], "/api/audit");

export function useDevice(id: string) {
  const client = useClient();
  return useQuery({
    queryKey: ["device", id, "detail"],
    queryFn: ({ signal }) => client.get<Device>(devicePath(id), signal),
  });
}

export function useTerms() {
  const client = useClient();
  return useQuery({
    queryKey: ["terms"],
    queryFn: ({ signal }) => client.get<Terms>("/api/terms", signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useAuditVerification() {
  const client = useClient();
  return useMutation({ mutationFn: () => client.get<AuditVerification>("/api/audit/verification") });
}

export function useOrder(id: string) {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (command: NewCommand) => client.send<Command>("POST", devicePath(id, "/commands"), command),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["device", id, "commands"] }),
  });
}

export function useStartUpdate(id: string) {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (update: NewUpdate) => client.send<Update>("POST", devicePath(id, "/updates"), update),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["device", id] }),
  });
}

export function useUpload() {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (file: File) => {
      const name = /^\w[\w.+-]{0,119}$/.test(file.name) ? `?name=${encodeURIComponent(file.name)}` : "";
      return client.upload<FirmwareImage>(`/api/firmware${name}`, file);
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["firmware"] }),
  });
}
