import { Alert, Button, Card, Code, FileButton, Group, NativeSelect, Stack, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useSigningKeys } from "../api/queries.ts";
import { choose, flash, type Chosen, type Outcome } from "../flash/flashing.ts";
import { useFormat } from "../language/format.ts";
import { useLanguage } from "../language/language.tsx";
import { Failure, Waiting } from "../parts/failure.tsx";
import { Heading } from "../parts/heading.tsx";

const unknownSpeed = "?";
const speeds = ["115200", "57600", "1500000"];
const fastSpeeds = ["0", "921600", "1500000"];
const keptLines = 200;

/** The field tool in the browser, for a technician without a terminal: the board hangs on this computer's USB. */
export default function FlashPage() {
  const { t } = useLanguage();
  const canSerial = "serial" in navigator;
  return (
    <Stack>
      <Heading title={t.flash.title} intro={t.flash.intro} />
      {canSerial ? (
        <Bench />
      ) : (
        <Alert color="orange" title={t.flash.noSerial} role="alert">
          <Text size="sm">{t.flash.noSerialRemedy}</Text>
          <Code block mt="xs">
            npm run flash -- --port PORT --image FILE --trust DIR
          </Code>
        </Alert>
      )}
    </Stack>
  );
}

function Bench() {
  const { t, language } = useLanguage();
  const format = useFormat();
  const keys = useSigningKeys();
  const [chosen, setChosen] = useState<Chosen>();
  const [baudRate, setBaudRate] = useState(unknownSpeed);
  const [fastBaud, setFastBaud] = useState("0");
  const run = useRun();
  if (keys.isPending) return <Waiting />;
  if (keys.isError) return <Failure error={keys.error} onRetry={() => void keys.refetch()} />;

  const pick = async (file: File | null): Promise<void> => {
    if (file) setChosen(await choose(file, keys.data.items, language));
  };
  const disk = chosen && "disk" in chosen ? chosen.disk : undefined;
  const start = async (): Promise<void> => {
    if (!disk) return;
    const rates = {
      baudRate: baudRate === unknownSpeed ? undefined : Number(baudRate),
      fastBaud: Number(fastBaud),
    };
    // Nothing was chosen: nothing happens.
    const port = await navigator.serial.requestPort().catch(() => undefined);
    if (port) await run.start((watch, stop) => flash(port, disk, rates, language, watch, stop));
  };

  return (
    <Card withBorder>
      <Stack>
        <Group align="flex-end">
          <FileButton onChange={(file) => void pick(file)} disabled={run.busy}>
            {(props) => (
              <Button {...props} variant="default">
                {t.flash.choose}
              </Button>
            )}
          </FileButton>
          <NativeSelect
            label={t.flash.speed}
            data={[{ value: unknownSpeed, label: t.flash.found }, ...speeds]}
            value={baudRate}
            disabled={run.busy}
            onChange={(event) => setBaudRate(event.currentTarget.value)}
          />
          <NativeSelect
            label={t.flash.fast}
            data={fastSpeeds.map((value) => ({ value, label: value === "0" ? t.common.no : value }))}
            value={fastBaud}
            disabled={run.busy}
            onChange={(event) => setFastBaud(event.currentTarget.value)}
          />
          {run.busy ? (
            <Button color="red" variant="light" onClick={run.stop}>
              {t.flash.stop}
            </Button>
          ) : (
            <Button disabled={!disk} onClick={() => void start()}>
              {t.flash.start}
            </Button>
          )}
        </Group>
        {chosen && "problem" in chosen && (
          <Alert color="red" variant="light" role="alert">
            {chosen.problem}
          </Alert>
        )}
        {disk?.signed && (
          <Text size="sm">
            {t.flash.image(
              disk.file,
              disk.signed.version,
              disk.signed.hardware.join(", "),
              format.bytes(disk.bytes.length),
            )}
          </Text>
        )}
        <div role="status" aria-live="polite">
          {run.lines.map((line, index) => (
            // Lines only ever follow one another.
            // oxlint-disable-next-line react/no-array-index-key
            <Text key={index} size="sm" className="mono">
              {line}
            </Text>
          ))}
          {run.row !== undefined && (
            <Text size="sm" className="mono" fw={600}>
              {run.row}
            </Text>
          )}
        </div>
        {run.outcome && (
          <Alert color={"done" in run.outcome ? "teal" : "red"} variant="light" role="alert">
            {"done" in run.outcome ? run.outcome.done : run.outcome.problem}
          </Alert>
        )}
      </Stack>
    </Card>
  );
}

type Work = (watch: Parameters<typeof flash>[4], stop: AbortSignal) => Promise<Outcome>;

/** One board at a time, and what is said of it. */
function useRun() {
  const [lines, setLines] = useState<string[]>([]);
  const [row, setRow] = useState<string>();
  const [outcome, setOutcome] = useState<Outcome>();
  const [busy, setBusy] = useState(false);
  const stopper = useRef<AbortController>(undefined);

  useEffect(() => {
    if (!busy) return undefined;
    // A board that is left half written starts from nothing.
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [busy]);
  useEffect(() => () => stopper.current?.abort(), []);

  const start = async (work: Work): Promise<void> => {
    stopper.current = new AbortController();
    setLines([]);
    setOutcome(undefined);
    setBusy(true);
    const line = (text: string) => setLines((before) => [...before, text].slice(-keptLines));
    try {
      setOutcome(await work({ line, row: setRow }, stopper.current.signal));
    } finally {
      setBusy(false);
    }
  };
  return { lines, row, outcome, busy, start, stop: () => stopper.current?.abort() };
}
