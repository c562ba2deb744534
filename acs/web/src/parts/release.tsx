import type { Release } from "@tonalite/acs/api";
import { Alert } from "@mantine/core";
import { useFormat } from "../language/format.ts";
import { useLanguage } from "../language/language.tsx";

const day = 86_400_000;

/** Says until when devices believe the release metadata, where that is soon or over; nothing where all is well. */
export function ReleaseNotice({ release }: { release: Release | undefined }) {
  const { t } = useLanguage();
  const format = useFormat();
  if (!release?.trusted) return null;
  if (release.expiresAt === null || release.images.length === 0)
    return <Alert color="yellow">{t.firmware.releaseEmpty}</Alert>;
  const left = Date.parse(release.expiresAt) - Date.now();
  if (left > 4 * day) return null;
  const when = format.time(release.expiresAt);
  return left > 0 ? (
    <Alert color="yellow">{t.firmware.releaseEnds(when)}</Alert>
  ) : (
    <Alert color="red" role="alert">
      {t.firmware.releaseOver(when)}
    </Alert>
  );
}

/** Whether an image is released; undefined where this ACS publishes no releases, or it is not known yet. */
export function isReleased(release: Release | undefined, image: { sha256: string }): boolean | undefined {
  if (!release?.trusted) return undefined;
  return release.images.some(({ sha256 }) => sha256 === image.sha256);
}
