import { useSyncExternalStore } from "react";

export const deviceTabs = [
  "overview",
  "calls",
  "registrations",
  "firmware",
  "tests",
  "parameters",
  "commands",
  "journal",
] as const;
export type DeviceTab = (typeof deviceTabs)[number];
export const pages = [
  "devices",
  "boxes",
  "calls",
  "firmware",
  "campaigns",
  "flash",
  "terms",
  "audit",
] as const;
export type PageName = (typeof pages)[number];

/** Where one is. Kept behind the # so that the ACS serves one page whatever the place is. */
export type Route =
  | { page: PageName }
  | { page: "device"; id: string; tab: DeviceTab }
  | { page: "campaign"; id: string };

export function linkTo(route: Route): string {
  if (route.page === "campaign") return `#/campaigns/${encodeURIComponent(route.id)}`;
  if (route.page !== "device") return `#/${route.page}`;
  return `#/devices/${encodeURIComponent(route.id)}${route.tab === "overview" ? "" : `/${route.tab}`}`;
}

export function go(route: Route): void {
  location.hash = linkTo(route);
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => location.hash);
  return parseRoute(hash);
}

export function parseRoute(hash: string): Route {
  const [page, id, tab] = hash.replace(/^#\/?/, "").split("/");
  if (page === "devices" && id !== undefined && id !== "")
    return { page: "device", id: decode(id), tab: deviceTabs.find((one) => one === tab) ?? "overview" };
  if (page === "campaigns" && id !== undefined && id !== "") return { page: "campaign", id: decode(id) };
  return { page: pages.find((one) => one === page) ?? "devices" };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function subscribe(changed: () => void): () => void {
  addEventListener("hashchange", changed);
  return () => removeEventListener("hashchange", changed);
}
