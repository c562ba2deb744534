import { Alert, Button, Center, Loader, Stack, Text } from "@mantine/core";
import { Component, type ErrorInfo, type ReactNode } from "react";
import { ApiError } from "../api/client.ts";
import { useLanguage } from "../language/language.tsx";

/** What went wrong and what can be done about it, in the ACS's own words. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useLanguage();
  const isLost = error instanceof ApiError && error.status === 0;
  const detail = isLost ? t.errors.unreachable : error instanceof Error ? error.message : String(error);
  const remedy = isLost
    ? t.errors.unreachableRemedy
    : error instanceof ApiError
      ? error.problem.remedy
      : undefined;
  return (
    <Alert color="red" variant="light" title={t.errors.title} role="alert">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{detail}</Text>
        {remedy !== undefined && (
          <Text size="sm" c="dimmed">
            {remedy}
          </Text>
        )}
        {onRetry && (
          <Button size="xs" variant="light" color="red" onClick={onRetry}>
            {t.common.retry}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

/** In place of a part that is not here yet. */
export function Waiting() {
  const { t } = useLanguage();
  return (
    <Center p="xl" role="status" aria-label={t.common.loading}>
      <Loader />
    </Center>
  );
}

/** The last net: a broken part of the console must not leave a white page. */
export class Net extends Component<
  { children: ReactNode; words: { broken: string; reload: string } },
  { error: unknown }
> {
  override state: { error: unknown } = { error: undefined };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override componentDidCatch(error: unknown, info: ErrorInfo): void {
    console.error(error, info.componentStack);
  }

  override render(): ReactNode {
    const { words, children } = this.props;
    if (this.state.error === undefined) return children;
    return (
      <Alert color="red" m="xl" title={words.broken} role="alert">
        <Button size="xs" color="red" variant="light" onClick={() => location.reload()}>
          {words.reload}
        </Button>
      </Alert>
    );
  }
}
