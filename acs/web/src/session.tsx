import type { Session } from "@tonalite/acs/api";
import { createContext, useContext } from "react";
import type { Client } from "./api/client.ts";

/** Whoever is logged in, in this tab only: the token is gone when the tab closes. */
export type LoggedIn = Session & { client: Client; leave: () => void };

const key = "tonalite.token";
export const keptToken = (): string | null => sessionStorage.getItem(key);
export const keepToken = (token: string): void => sessionStorage.setItem(key, token);
export const forgetToken = (): void => sessionStorage.removeItem(key);

const SessionContext = createContext<LoggedIn | null>(null);
export const SessionProvider = SessionContext.Provider;

export function useSession(): LoggedIn {
  const session = useContext(SessionContext);
  if (!session) throw new Error("no session around this component");
  return session;
}

export const useClient = (): Client => useSession().client;
