import { Alert } from "@mantine/core";
import { useHealth } from "../api/queries.ts";
import { useFormat } from "../language/format.ts";
import { useLanguage } from "../language/language.tsx";

/** Tells whoever works here that boxes will soon refuse this ACS, while there is time. Nothing otherwise. */
export function CertificateNotice() {
  const { t } = useLanguage();
  const format = useFormat();
  const certificate = useHealth().data?.certificate;
  if (!certificate?.attention) return null;
  const ended = Date.parse(certificate.notAfter) < Date.now();
  return (
    <Alert color={ended ? "red" : "orange"} mb="md" title={ended ? t.certificate.ended : t.certificate.ends}>
      {t.certificate.remedy(format.time(certificate.notAfter))}
    </Alert>
  );
}
