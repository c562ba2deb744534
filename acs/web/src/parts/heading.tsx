import { Group, Stack, Text, Title } from "@mantine/core";
import { useEffect, type ReactNode } from "react";
import { useLanguage } from "../language/language.tsx";

/** A page's title, what can be done with it, and its name in the browser's tab. */
export function Heading({ title, intro, children }: { title: string; intro?: string; children?: ReactNode }) {
  const { t } = useLanguage();
  useEffect(() => {
    document.title = `${title} · ${t.product}`;
  }, [title, t.product]);
  return (
    <Group justify="space-between" align="flex-end" gap="md">
      <Stack gap={4}>
        <Title order={1} size="h2">
          {title}
        </Title>
        {intro !== undefined && (
          <Text c="dimmed" size="sm" maw={720}>
            {intro}
          </Text>
        )}
      </Stack>
      <Group gap="sm">{children}</Group>
    </Group>
  );
}
