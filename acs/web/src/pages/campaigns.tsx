import type { Campaign } from "@tonalite/acs/api";
import { Anchor, Button, Stack, Text } from "@mantine/core";
import type { DataTableColumn } from "mantine-datatable";
import { useState } from "react";
import { useCampaigns } from "../api/campaigns.ts";
import { CampaignProgress, CampaignState, total } from "../campaign/progress.tsx";
import { CampaignDialog } from "../dialogs/campaign.tsx";
import type { Messages } from "../language/en.ts";
import { useLanguage } from "../language/language.tsx";
import { Heading } from "../parts/heading.tsx";
import { List } from "../parts/list.tsx";
import { Time } from "../parts/time.tsx";
import { go, linkTo } from "../route.ts";
import { useSession } from "../session.tsx";

/** Every campaign, newest first, and how far each is. */
export default function CampaignsPage() {
  const { t } = useLanguage();
  const { role } = useSession();
  const campaigns = useCampaigns();
  const [isBeginning, setBeginning] = useState(false);
  return (
    <Stack>
      <Heading title={t.campaigns.title} intro={t.campaigns.intro}>
        {role === "admin" && <Button onClick={() => setBeginning(true)}>{t.campaigns.create}</Button>}
      </Heading>
      <List
        pages={campaigns}
        columns={columns(t)}
        id={(campaign) => campaign.id}
        empty={t.campaigns.empty}
        emptyHint={t.campaigns.emptyHint}
        onOpen={({ id }) => go({ page: "campaign", id })}
      />
      {isBeginning && (
        <CampaignDialog
          onClose={(id) => {
            setBeginning(false);
            if (id !== undefined) go({ page: "campaign", id });
          }}
        />
      )}
    </Stack>
  );
}

function columns(t: Messages): DataTableColumn<Campaign>[] {
  return [
    {
      accessor: "name",
      title: t.campaigns.name,
      render: ({ id, name, version, forced }) => (
        <>
          <Anchor
            href={linkTo({ page: "campaign", id })}
            fw={600}
            size="sm"
            onClick={(event) => event.stopPropagation()}
          >
            {name}
          </Anchor>
          <Text size="xs" c="dimmed" className="figure">
            {forced ? `${version} · ${t.campaigns.forced}` : version}
          </Text>
        </>
      ),
    },
    { accessor: "state", title: t.campaigns.state, render: ({ state }) => <CampaignState state={state} /> },
    {
      accessor: "wave",
      title: t.campaigns.wave,
      render: ({ wave, waves }) => (
        <span className="figure nowrap">{t.campaigns.waveOf(wave, waves.length)}</span>
      ),
    },
    {
      accessor: "waves",
      title: t.campaigns.progress,
      width: "35%",
      render: ({ waves }) => <CampaignProgress counts={total(waves)} />,
    },
    {
      accessor: "createdAt",
      title: t.campaigns.begun,
      render: ({ createdAt, requestedBy }) => (
        <>
          <Time at={createdAt} />
          <Text size="xs" c="dimmed">
            {requestedBy}
          </Text>
        </>
      ),
    },
  ];
}
