import type { Campaign, CampaignDevice, NewCampaign } from "@tonalite/acs/api";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useClient } from "../session.tsx";
import { usePages } from "./queries.ts";

/** A campaign goes on by the ACS's own clock, too: no event tells of that. */
const lookEveryMs = 30_000;

const path = (id: string, rest = ""): string => `/api/campaigns/${encodeURIComponent(id)}${rest}`;

export const useCampaigns = () => usePages<Campaign>(["campaigns"], "/api/campaigns", {}, lookEveryMs);

export function useCampaign(id: string) {
  const client = useClient();
  return useQuery({
    queryKey: ["campaigns", id, "detail"],
    queryFn: ({ signal }) => client.get<Campaign>(path(id), signal),
    refetchInterval: lookEveryMs,
  });
}

export const useCampaignDevices = (id: string, query: { standing?: string | undefined }) =>
  usePages<CampaignDevice>(["campaigns", id, "devices"], path(id, "/devices"), query, lookEveryMs);

export function useStartCampaign() {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (order: NewCampaign) => client.send<Campaign>("POST", "/api/campaigns", order),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["campaigns"] }),
  });
}

export type Steering = "running" | "paused" | "cancelled";

export function useSteerCampaign(id: string) {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (state: Steering) => client.send<Campaign>("PATCH", path(id), { state }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["campaigns"] }),
  });
}
