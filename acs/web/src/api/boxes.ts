import type { Box, BoxOrder, BoxSummary, Device, DevicePatch } from "@tonalite/acs/api";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useClient } from "../session.tsx";
import { ApiError } from "./client.ts";
import { devicePath, usePages } from "./queries.ts";

export const useBoxes = (query: { search?: string; state?: string | undefined }) =>
  usePages<BoxSummary>(["boxes"], "/api/boxes", query);

/** How a device was made; null for one that no station made. */
export function useBox(id: string) {
  const client = useClient();
  return useQuery({
    queryKey: ["device", id, "detail", "box"],
    queryFn: async ({ signal }) => {
      try {
        return await client.get<Box>(devicePath(id, "/box"), signal);
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return null;
        throw error;
      }
    },
  });
}

export function useGiveBox() {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (order: BoxOrder) => client.send<{ device: Device }>("POST", "/api/boxes/orders", order),
    onSuccess: () => queries.invalidateQueries(),
  });
}

export function useTakeBack(id: string) {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => client.send<undefined>("DELETE", devicePath(id, "/box/order")),
    onSuccess: () => queries.invalidateQueries(),
  });
}

export function useChangeDevice(id: string) {
  const client = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (patch: DevicePatch) => client.send<Device>("PATCH", devicePath(id), patch),
    onSuccess: () => queries.invalidateQueries(),
  });
}
