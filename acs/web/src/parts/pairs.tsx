import { Fragment, type ReactNode } from "react";
import { useLanguage } from "../language/language.tsx";

/** Names and values; what is null is shown as not known. */
export function Pairs({ pairs }: { pairs: readonly (readonly [name: string, value: ReactNode])[] }) {
  const { t } = useLanguage();
  return (
    <dl className="pairs">
      {pairs.map(([name, value]) => (
        <Fragment key={name}>
          <dt>{name}</dt>
          <dd>{value ?? <span style={{ color: "var(--mantine-color-dimmed)" }}>{t.common.unknown}</span>}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
