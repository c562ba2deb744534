import type { Update } from "@tonalite/acs/api";
import { Button, Group, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useClient } from "../session.tsx";
import { useLanguage } from "../language/language.tsx";
import { Failure } from "../parts/failure.tsx";

type Act = "cancel" | "agree" | "confirm" | "recall";

/** States in which the device may still be told each of these; it has the last word. */
function possible({ kind, state, finishedAt, reason }: Update): Act[] {
  if (kind === "recall") return finishedAt === null ? ["cancel"] : [];
  if (state === "trial") return ["confirm", "recall"];
  if (state === "committed") return ["recall"];
  if (finishedAt !== null) return [];
  const asked = reason?.startsWith("the subscriber is asked") === true;
  return asked ? ["agree", "cancel"] : ["cancel"];
}

/** What can be done to an update: one step shows the button, a second one does it. */
export function UpdateActs({ update, latest }: { update: Update; latest: boolean }) {
  const { t } = useLanguage();
  const client = useClient();
  const queries = useQueryClient();
  const [chosen, setChosen] = useState<Act | null>(null);
  const [reason, setReason] = useState("");
  const act = useMutation({
    mutationFn: (what: Act) => client.send<Update>("POST", `/api/updates/${update.id}/${what}`, { reason }),
    onSuccess: () => {
      setChosen(null);
      return queries.invalidateQueries({ queryKey: ["device", update.deviceId] });
    },
  });
  const acts = latest ? possible(update) : [];
  if (acts.length === 0) return null;
  if (chosen === null)
    return (
      <Group justify="flex-end" mt="sm" gap="xs">
        {acts.map((what) => (
          <Button key={what} size="xs" variant="default" onClick={() => setChosen(what)}>
            {t.firmware.acts[what]}
          </Button>
        ))}
      </Group>
    );
  return (
    <Group justify="flex-end" mt="sm" gap="xs" align="flex-end">
      <TextInput
        size="xs"
        label={t.firmware.acts.reason}
        value={reason}
        maxLength={200}
        onChange={(event) => setReason(event.currentTarget.value)}
        data-autofocus
      />
      <Button size="xs" variant="default" onClick={() => setChosen(null)}>
        {t.common.cancel}
      </Button>
      <Button size="xs" color="red" loading={act.isPending} onClick={() => act.mutate(chosen)}>
        {t.firmware.acts[chosen]}
      </Button>
      {act.isError && <Failure error={act.error} />}
    </Group>
  );
}
