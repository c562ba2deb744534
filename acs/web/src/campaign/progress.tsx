import type { Campaign } from "@tonalite/acs/api";
import { Badge, Group, Progress, Text } from "@mantine/core";
import { useLanguage, word } from "../language/language.tsx";

type Counts = Omit<Campaign["waves"][number], "share">;

const parts = [
  ["committed", "teal"],
  ["failed", "red"],
  ["open", "blue"],
  ["cancelled", "gray.6"],
  ["passedOver", "gray.4"],
] as const;

/** How far a wave, or a whole campaign, is: a bar for the eye, and the same in words. */
export function CampaignProgress({ counts }: { counts: Counts }) {
  const { t } = useLanguage();
  const told = (["committed", "open", "failed", "cancelled", "passedOver", "left"] as const).filter(
    (name) => counts[name] > 0,
  );
  const share = (count: number): number => (counts.devices === 0 ? 0 : (100 * count) / counts.devices);
  return (
    <>
      <Progress.Root size="sm" aria-hidden>
        {parts.map(([name, color]) => (
          <Progress.Section key={name} value={share(counts[name])} color={color} />
        ))}
      </Progress.Root>
      <Group gap="xs" mt={4}>
        {told.map((name) => (
          <Text key={name} size="xs" c={name === "failed" ? "red" : "dimmed"} className="figure nowrap">
            {`${counts[name]} ${t.campaigns.counts[name]}`}
          </Text>
        ))}
      </Group>
    </>
  );
}

/** All waves together. */
export function total(waves: Campaign["waves"]): Counts {
  const sum = (name: keyof Counts): number => waves.reduce((before, wave) => before + wave[name], 0);
  return {
    devices: sum("devices"),
    left: sum("left"),
    open: sum("open"),
    committed: sum("committed"),
    failed: sum("failed"),
    cancelled: sum("cancelled"),
    passedOver: sum("passedOver"),
  };
}

const colours: Record<string, string> = {
  running: "blue",
  paused: "yellow",
  finished: "teal",
  aborted: "red",
  cancelled: "gray",
};

export function CampaignState({ state }: { state: string }) {
  const { t } = useLanguage();
  return (
    <Badge variant="light" color={colours[state] ?? "gray"}>
      {word(t.campaigns.states, state)}
    </Badge>
  );
}
