import { Alert, Button, Center, Group, Paper, PasswordInput, Stack, Text, Title } from "@mantine/core";
import { useEffect, useState } from "react";
import { createClient } from "../api/client.ts";
import { useLanguage } from "../language/language.tsx";
import { Failure } from "../parts/failure.tsx";
import { LogoIcon } from "../parts/icons.tsx";
import { ApiError } from "../api/client.ts";

/** @param onToken told of a token that the ACS has taken */
export function Login({ notice, onToken }: { notice: string | undefined; onToken: (token: string) => void }) {
  const { t, language, speak } = useLanguage();
  const [token, setToken] = useState("");
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    document.title = `${t.session.title} · ${t.product}`;
  }, [t]);

  const enter = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      await createClient(token.trim(), () => undefined).get("/api/session");
      onToken(token.trim());
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  const isRefused = failure instanceof ApiError && failure.status === 401;

  return (
    <Center mih="100dvh" p="md" component="main">
      <Paper withBorder shadow="sm" radius="lg" p="xl" w={420} maw="100%">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void enter();
          }}
        >
          <Stack>
            <Group gap="sm">
              <LogoIcon />
              <div>
                <Title order={1} size="h3">
                  {t.product}
                </Title>
                <Text size="sm" c="dimmed">
                  {t.subtitle}
                </Text>
              </div>
            </Group>
            {notice !== undefined && (
              <Alert color="yellow" role="status">
                {notice}
              </Alert>
            )}
            <PasswordInput
              label={t.session.token}
              description={t.session.hint}
              value={token}
              onChange={(event) => setToken(event.currentTarget.value)}
              error={isRefused ? t.session.refused : undefined}
              errorProps={{ role: "alert" }}
              autoComplete="off"
              autoFocus
              required
              withAsterisk={false}
            />
            {failure !== undefined && !isRefused && <Failure error={failure} />}
            <Button type="submit" loading={busy} disabled={token.trim() === ""}>
              {t.session.enter}
            </Button>
            <Button
              variant="subtle"
              color="gray"
              size="xs"
              type="button"
              onClick={() => speak(language === "fr" ? "en" : "fr")}
            >
              {t.common.language}
            </Button>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}
