import type { Campaign } from "@tonalite/acs/api";
import { Button, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useSteerCampaign, type Steering } from "../api/campaigns.ts";
import { useLanguage } from "../language/language.tsx";
import { Dialog, DialogEnd } from "../parts/dialog.tsx";
import { Failure } from "../parts/failure.tsx";

const possible: Record<Campaign["state"], Steering[]> = {
  running: ["paused", "cancelled"],
  paused: ["running", "cancelled"],
  aborted: ["running"],
  finished: [],
  cancelled: [],
};

/** What can be done to a campaign; what it means is said before it is done. */
export function CampaignSteering({ campaign }: { campaign: Campaign }) {
  const { t } = useLanguage();
  const steer = useSteerCampaign(campaign.id);
  const [chosen, setChosen] = useState<Steering | null>(null);
  const choose = (to: Steering | null): void => {
    steer.reset();
    setChosen(to);
  };
  return (
    <>
      {possible[campaign.state].map((to) => (
        <Button key={to} variant="default" onClick={() => choose(to)}>
          {t.campaigns.steer[to]}
        </Button>
      ))}
      {chosen !== null && (
        <Dialog title={`${t.campaigns.steer[chosen]}: ${campaign.name}`} onClose={() => choose(null)}>
          <Stack>
            <Text size="sm">{t.campaigns.steerText[chosen]}</Text>
            {steer.isError && <Failure error={steer.error} />}
            <DialogEnd onCancel={() => choose(null)}>
              <Button
                data-autofocus
                loading={steer.isPending}
                {...(chosen === "cancelled" ? { color: "red" } : {})}
                onClick={() => steer.mutate(chosen, { onSuccess: () => choose(null) })}
              >
                {t.campaigns.steer[chosen]}
              </Button>
            </DialogEnd>
          </Stack>
        </Dialog>
      )}
    </>
  );
}
