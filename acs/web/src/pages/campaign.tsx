import type { Campaign } from "@tonalite/acs/api";
import { Alert, Anchor, Card, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useCampaign } from "../api/campaigns.ts";
import { CampaignDevices } from "../campaign/devices.tsx";
import { CampaignProgress, CampaignState } from "../campaign/progress.tsx";
import { CampaignSteering } from "../campaign/steering.tsx";
import { useLanguage } from "../language/language.tsx";
import { Failure, Waiting } from "../parts/failure.tsx";
import { Heading } from "../parts/heading.tsx";
import { Time } from "../parts/time.tsx";
import { linkTo } from "../route.ts";
import { useSession } from "../session.tsx";

/** A campaign: how its waves go, which device waits or failed and why, and what can be done. */
export default function CampaignPage({ id }: { id: string }) {
  const { t } = useLanguage();
  const { role } = useSession();
  const { data, error, isPending, refetch } = useCampaign(id);
  if (isPending) return <Waiting />;
  if (!data) return <Failure error={error} onRetry={() => void refetch()} />;
  return (
    <Stack>
      <Anchor href={linkTo({ page: "campaigns" })} size="sm">
        {`← ${t.campaigns.title}`}
      </Anchor>
      <Heading title={data.name}>{role === "admin" && <CampaignSteering campaign={data} />}</Heading>
      <Group gap="lg">
        <span role="status" aria-live="polite">
          <CampaignState state={data.state} />
        </span>
        <Text size="sm" className="figure">
          {data.forced ? `${data.version} · ${t.campaigns.forced}` : data.version}
        </Text>
        <Text size="sm" c="dimmed">
          <Time at={data.createdAt} /> {t.campaigns.by} {data.requestedBy}
        </Text>
      </Group>
      {error && <Failure error={error} />}
      {data.reason !== null && (
        <Alert color={data.state === "aborted" ? "red" : "yellow"}>{data.reason}</Alert>
      )}
      <Waves campaign={data} />
      <Title order={2} size="h4">
        {t.campaigns.devices}
      </Title>
      <CampaignDevices id={id} />
    </Stack>
  );
}

function Waves({ campaign: { waves, wave: present, state } }: { campaign: Campaign }) {
  const { t } = useLanguage();
  return (
    <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
      {waves.map((wave, index) => {
        const isOn = index + 1 === present && state === "running";
        return (
          <Card
            key={wave.share}
            withBorder
            padding="md"
            component="section"
            aria-label={`${t.campaigns.wave} ${index + 1}`}
            aria-current={isOn ? "step" : undefined}
          >
            <Group justify="space-between" mb="xs">
              <Text size="sm" fw={isOn ? 650 : 500}>{`${t.campaigns.wave} ${index + 1}`}</Text>
              <Text size="xs" c="dimmed" className="figure">
                {t.campaigns.upTo(wave.share)}
              </Text>
            </Group>
            <CampaignProgress counts={wave} />
          </Card>
        );
      })}
    </SimpleGrid>
  );
}
