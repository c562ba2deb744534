import type { Alarm, Command, NetworkTest, NewNetworkTest } from "@tonalite/acs/api";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useClient } from "../session.tsx";
import { devicePath } from "./queries.ts";

/** A test takes two sessions: nobody is told of the values they bring, so they are asked for. */
const lookMs = 3000;

export function useNetworkTests(id: string) {
  const client = useClient();
  return useQuery({
    queryKey: ["device", id, "tests"],
    queryFn: async ({ signal }) =>
      (await client.get<{ items: NetworkTest[] }>(devicePath(id, "/tests"), signal)).items,
    refetchInterval: lookMs,
  });
}

export function useStartTest(id: string) {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (test: NewNetworkTest) => client.send<Command>("POST", devicePath(id, "/tests"), test),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["device", id] }),
  });
}

export function useAlarms(id: string) {
  const client = useClient();
  return useQuery({
    queryKey: ["device", id, "alarms"],
    queryFn: async ({ signal }) =>
      (await client.get<{ items: Alarm[] }>(devicePath(id, "/alarms"), signal)).items,
  });
}
