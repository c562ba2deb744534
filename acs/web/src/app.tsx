import type { Session } from "@tonalite/acs/api";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { ApiError, createClient } from "./api/client.ts";
import { useLanguage } from "./language/language.tsx";
import { Login } from "./pages/login.tsx";
import { Failure, Net, Waiting } from "./parts/failure.tsx";
import { forgetToken, keepToken, keptToken, SessionProvider } from "./session.tsx";
import { Shell } from "./shell.tsx";

/** Asks for a token until the ACS takes one, then shows the console. */
export function App() {
  const { t } = useLanguage();
  const queries = useQueryClient();
  const [token, setToken] = useState(keptToken);
  const [notice, setNotice] = useState<string>();

  const leave = useCallback(
    (why?: string) => {
      forgetToken();
      setToken(null);
      setNotice(why);
      queries.clear();
    },
    [queries],
  );
  const client = useMemo(
    () => (token === null ? undefined : createClient(token, () => leave(t.session.ended))),
    [token, leave, t.session.ended],
  );
  const session = useQuery({
    queryKey: ["session", token],
    queryFn: ({ signal }) =>
      client?.get<Session>("/api/session", signal) ?? Promise.reject(new Error("no token")),
    enabled: client !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const name = session.data?.name;
  const role = session.data?.role;
  const loggedIn = useMemo(
    () =>
      client && name !== undefined && role !== undefined
        ? { client, name, role, leave: () => leave() }
        : undefined,
    [client, name, role, leave],
  );

  if (loggedIn)
    return (
      <SessionProvider value={loggedIn}>
        <Net words={t.errors}>
          <Shell />
        </Net>
      </SessionProvider>
    );
  if (client && session.isError && !(session.error instanceof ApiError && session.error.status === 401))
    return <Failure error={session.error} onRetry={() => void session.refetch()} />;
  if (client) return <Waiting />;
  return (
    <Login
      notice={notice}
      onToken={(text) => {
        keepToken(text);
        setNotice(undefined);
        setToken(text);
      }}
    />
  );
}
