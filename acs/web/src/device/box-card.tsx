import { Button, Card, Code, Group, ScrollArea, Spoiler, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { useBox, useTakeBack } from "../api/boxes.ts";
import { useLanguage } from "../language/language.tsx";
import { BoxState } from "../pages/boxes.tsx";
import { Dialog, DialogEnd } from "../parts/dialog.tsx";
import { Failure } from "../parts/failure.tsx";
import { Pairs } from "../parts/pairs.tsx";
import { Time } from "../parts/time.tsx";
import { useSession } from "../session.tsx";

/** How a station made this box and what its test found; nothing for a device that no station made. */
export function BoxCard({ id }: { id: string }) {
  const { t } = useLanguage();
  const { role } = useSession();
  const { data: box, error } = useBox(id);
  const [isAsking, setAsking] = useState(false);
  if (error) return <Failure error={error} />;
  if (!box) return null;
  const words = t.boxes;
  const moment = (at: string | null) => (at === null ? words.notYet : <Time at={at} />);
  return (
    <Card withBorder padding="lg" component="section">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          {words.card}
        </Title>
        <BoxState state={box.state} />
      </Group>
      <Pairs
        pairs={[
          [words.mac, <span className="mono">{box.mac}</span>],
          [words.station, box.station],
          [words.made, <Time at={box.createdAt} />],
          [words.tested, moment(box.reportedAt)],
          [words.ordered, moment(box.orderedAt)],
          [words.certificate, box.certificate && <span className="mono breakable">{box.certificate}</span>],
        ]}
      />
      {box.report && (
        <Spoiler maxHeight={0} showLabel={words.report} hideLabel={words.report} mt="sm">
          <ScrollArea.Autosize mah={320}>
            <Code block>{JSON.stringify(box.report, null, 2)}</Code>
          </ScrollArea.Autosize>
        </Spoiler>
      )}
      {role === "admin" && box.state === "ordered" && (
        <Group justify="flex-end" mt="md">
          <Button variant="default" size="xs" onClick={() => setAsking(true)}>
            {words.takeBack}
          </Button>
        </Group>
      )}
      {isAsking && <TakeBack id={id} onClose={() => setAsking(false)} />}
    </Card>
  );
}

function TakeBack({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useLanguage();
  const takeBack = useTakeBack(id);
  return (
    <Dialog title={t.boxes.takeBackTitle} onClose={onClose}>
      <Stack>
        <Text size="sm">{t.boxes.takeBackText}</Text>
        {takeBack.isError && <Failure error={takeBack.error} />}
        <DialogEnd onCancel={onClose} isGrave>
          <Button
            color="red"
            loading={takeBack.isPending}
            onClick={() => takeBack.mutate(undefined, { onSuccess: onClose })}
          >
            {t.boxes.takeBackConfirm}
          </Button>
        </DialogEnd>
      </Stack>
    </Dialog>
  );
}
