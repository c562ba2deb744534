import { useDeviceCalls } from "../api/queries.ts";
import { CallsTable } from "../parts/calls-table.tsx";

export function DeviceCalls({ id }: { id: string }) {
  return <CallsTable calls={useDeviceCalls(id)} />;
}
