import { Alert, FileButton, Button, Stack, Text } from "@mantine/core";
import { useFirmware, useRelease, useUpload } from "../api/queries.ts";
import { useFormat } from "../language/format.ts";
import { useLanguage } from "../language/language.tsx";
import { Failure } from "../parts/failure.tsx";
import { Heading } from "../parts/heading.tsx";
import { List } from "../parts/list.tsx";
import { isReleased, ReleaseNotice } from "../parts/release.tsx";
import { Time } from "../parts/time.tsx";
import { useSession } from "../session.tsx";

/** The images that devices can be updated to. */
export default function FirmwarePage() {
  const { t } = useLanguage();
  const format = useFormat();
  const { role } = useSession();
  const upload = useUpload();
  const { data: release } = useRelease();
  return (
    <Stack>
      <Heading title={t.firmware.title} intro={t.firmware.uploadHint}>
        {role === "admin" && (
          <FileButton onChange={(file) => file && upload.mutate(file)}>
            {(props) => (
              <Button {...props} loading={upload.isPending}>
                {t.firmware.upload}
              </Button>
            )}
          </FileButton>
        )}
      </Heading>
      <ReleaseNotice release={release} />
      {upload.isError && <Failure error={upload.error} />}
      {upload.isSuccess && (
        <Alert color="teal" role="status">
          {t.firmware.uploadDone(upload.data.version)}
        </Alert>
      )}
      <List
        pages={useFirmware()}
        id={(image) => image.id}
        empty={t.firmware.empty}
        columns={[
          {
            accessor: "version",
            title: t.firmware.version,
            render: (image) => (
              <>
                <Text fw={600} size="sm" className="figure">
                  {image.version}
                </Text>
                <Text size="xs" c="dimmed">
                  {image.fileName}
                </Text>
              </>
            ),
          },
          { accessor: "hardware", title: t.firmware.hardware, render: (image) => image.hardware.join(", ") },
          {
            accessor: "size",
            title: t.firmware.size,
            textAlign: "right",
            render: (image) => <span className="figure nowrap">{format.bytes(image.size)}</span>,
          },
          {
            accessor: "sha256",
            title: "SHA-256",
            render: (image) => (
              <span className="mono" title={image.sha256}>{`${image.sha256.slice(0, 16)}…`}</span>
            ),
          },
          {
            accessor: "keyId",
            title: t.firmware.signer,
            render: (image) => (
              <span className="mono" title={image.keyId}>{`${image.keyId.slice(0, 16)}…`}</span>
            ),
          },
          {
            accessor: "released",
            title: t.firmware.released,
            render: (image) => {
              const released = isReleased(release, image);
              if (released === undefined) return "–";
              return (
                <Text size="sm" c={released ? "teal" : "dimmed"}>
                  {released ? t.common.yes : t.firmware.notReleased}
                </Text>
              );
            },
          },
          {
            accessor: "uploadedAt",
            title: t.firmware.uploaded,
            render: (image) => (
              <>
                <Time at={image.uploadedAt} />
                <Text size="xs" c="dimmed">
                  {image.uploadedBy}
                </Text>
              </>
            ),
          },
        ]}
      />
    </Stack>
  );
}
