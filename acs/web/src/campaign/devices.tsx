import type { CampaignDevice } from "@tonalite/acs/api";
import { Badge, SegmentedControl, Stack } from "@mantine/core";
import type { DataTableColumn } from "mantine-datatable";
import { useState } from "react";
import { useCampaignDevices } from "../api/campaigns.ts";
import { useTerms } from "../api/queries.ts";
import type { Messages } from "../language/en.ts";
import { useLanguage, word } from "../language/language.tsx";
import { DeviceName } from "../parts/device-name.tsx";
import { List } from "../parts/list.tsx";
import { Time } from "../parts/time.tsx";
import { whyItWaits } from "../parts/why-it-waits.ts";

const colours: Record<CampaignDevice["standing"], string> = {
  left: "gray",
  open: "blue",
  committed: "teal",
  failed: "red",
  cancelled: "gray",
  "passed-over": "yellow",
};

/** The devices of a campaign: where each stands, and why it waits, failed or was passed over. */
export function CampaignDevices({ id }: { id: string }) {
  const { t } = useLanguage();
  const [standing, setStanding] = useState("");
  const terms = useTerms();
  const devices = useCampaignDevices(id, { standing: standing === "" ? undefined : standing });
  const nameOf = (provider: string | null): string =>
    terms.data?.providers.find((one) => one.id === provider)?.name ?? provider ?? "";
  return (
    <Stack gap="sm">
      <div style={{ overflowX: "auto" }}>
        <SegmentedControl
          aria-label={t.campaigns.standing}
          value={standing}
          onChange={setStanding}
          size="xs"
          data={[
            { value: "", label: t.campaigns.all },
            ...Object.keys(colours).map((value) => ({ value, label: word(t.campaigns.standings, value) })),
          ]}
        />
      </div>
      <List
        pages={devices}
        columns={columns(t, nameOf)}
        id={(device) => device.deviceId}
        empty={t.campaigns.noDevice}
      />
    </Stack>
  );
}

function columns(
  t: Messages,
  nameOf: (provider: string | null) => string,
): DataTableColumn<CampaignDevice>[] {
  return [
    {
      accessor: "deviceId",
      title: t.campaigns.device,
      render: ({ deviceId, serialNumber, label }) => (
        <DeviceName id={deviceId} name={serialNumber} note={label} tab="firmware" />
      ),
    },
    {
      accessor: "wave",
      title: t.campaigns.wave,
      render: ({ wave }) => <span className="figure">{wave}</span>,
    },
    {
      accessor: "standing",
      title: t.campaigns.standing,
      render: ({ standing }) => (
        <Badge variant="light" color={colours[standing]}>
          {word(t.campaigns.standings, standing)}
        </Badge>
      ),
    },
    { accessor: "reason", title: t.campaigns.why, width: "40%", render: (device) => why(t, device) },
    {
      accessor: "clause",
      title: t.campaigns.clause,
      render: ({ clause, provider }) =>
        clause === null ? "–" : `${nameOf(provider)}, ${t.calls.clause(clause)}`,
    },
    { accessor: "updatedAt", title: t.campaigns.changed, render: ({ updatedAt }) => <Time at={updatedAt} /> },
  ];
}

function why(t: Messages, { standing, state, reason, connection }: CampaignDevice): string {
  if (standing === "left") return t.campaigns.waitsForWave;
  if (standing === "open" && state !== null) return whyItWaits(t, { state, reason }, connection);
  return reason ?? "–";
}
