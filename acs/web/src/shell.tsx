import {
  ActionIcon,
  Anchor,
  AppShell,
  Burger,
  Button,
  Container,
  Drawer,
  Group,
  NavLink,
  Stack,
  Text,
  useComputedColorScheme,
  useMantineColorScheme,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { lazy, Suspense, type ComponentType } from "react";
import { useLiveUpdates, type LiveState } from "./api/live.ts";
import { useLanguage, word } from "./language/language.tsx";
import { CertificateNotice } from "./parts/certificate-notice.tsx";
import { Devices } from "./pages/devices.tsx";
import { Net, Waiting } from "./parts/failure.tsx";
import { LogoIcon, SunIcon } from "./parts/icons.tsx";
import { linkTo, pages, useRoute, type PageName, type Route } from "./route.ts";
import { useSession } from "./session.tsx";

const DevicePage = lazy(() => import("./pages/device.tsx"));
const BoxesPage = lazy(() => import("./pages/boxes.tsx"));
const CallsPage = lazy(() => import("./pages/calls.tsx"));
const FirmwarePage = lazy(() => import("./pages/firmware.tsx"));
const CampaignsPage = lazy(() => import("./pages/campaigns.tsx"));
const CampaignPage = lazy(() => import("./pages/campaign.tsx"));
const FlashPage = lazy(() => import("./pages/flash.tsx"));
const TermsPage = lazy(() => import("./pages/terms.tsx"));
const AuditPage = lazy(() => import("./pages/audit.tsx"));

/** The frame around every page: where one can go, whether what is shown is live, and who is logged in. */
export function Shell() {
  const { t } = useLanguage();
  const { client } = useSession();
  const live = useLiveUpdates(client);
  const route = useRoute();
  const [isOpen, menu] = useDisclosure(false);

  return (
    <AppShell header={{ height: 60 }} padding="md">
      <a className="skip" href="#content" onClick={skip}>
        {t.common.skip}
      </a>
      <AppShell.Header>
        <Container size={1400} h="100%">
          <Group h="100%" justify="space-between" wrap="nowrap">
            <Group gap="xs" wrap="nowrap">
              <Burger
                hiddenFrom="lg"
                opened={isOpen}
                onClick={menu.toggle}
                size="sm"
                aria-label={t.common.actions}
              />
              <Anchor href={linkTo({ page: "devices" })} underline="never" c="inherit">
                <Group gap="xs" wrap="nowrap">
                  <LogoIcon />
                  <Text fw={700} size="lg" visibleFrom="xs">
                    {t.product}
                  </Text>
                </Group>
              </Anchor>
              <Group component="nav" gap={2} ml="md" visibleFrom="lg" wrap="nowrap">
                <Links route={route} />
              </Group>
            </Group>
            <Group gap="sm" wrap="nowrap">
              <Live state={live} />
              <Account />
            </Group>
          </Group>
        </Container>
      </AppShell.Header>
      <Drawer
        opened={isOpen}
        onClose={menu.close}
        size="xs"
        title={t.product}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        <Stack component="nav" gap={2} onClick={menu.close}>
          <Links route={route} />
        </Stack>
      </Drawer>
      <AppShell.Main id="content" tabIndex={-1}>
        <Container size={1400} px={0}>
          <CertificateNotice />
          <Net key={linkTo(route)} words={t.errors}>
            <Suspense fallback={<Waiting />}>
              <Page route={route} />
            </Suspense>
          </Net>
        </Container>
      </AppShell.Main>
    </AppShell>
  );
}

const pageOf: Record<PageName, ComponentType> = {
  devices: Devices,
  boxes: BoxesPage,
  calls: CallsPage,
  firmware: FirmwarePage,
  campaigns: CampaignsPage,
  flash: FlashPage,
  terms: TermsPage,
  audit: AuditPage,
};

function Page({ route }: { route: Route }) {
  if (route.page === "device") return <DevicePage key={route.id} id={route.id} tab={route.tab} />;
  if (route.page === "campaign") return <CampaignPage key={route.id} id={route.id} />;
  const Shown = pageOf[route.page];
  return <Shown />;
}

function Links({ route }: { route: Route }) {
  const { t } = useLanguage();
  const parents = { device: "devices", campaign: "campaigns" } as const;
  const here = route.page === "device" || route.page === "campaign" ? parents[route.page] : route.page;
  return (
    <>
      {pages.map((page) => (
        <NavLink
          key={page}
          href={linkTo({ page })}
          label={t.nav[page]}
          active={here === page}
          aria-current={here === page ? "page" : undefined}
          w="auto"
          py={6}
          px={8}
          style={{ borderRadius: "var(--mantine-radius-md)", whiteSpace: "nowrap" }}
        />
      ))}
      <NavLink
        href="/docs"
        label={t.nav.docs}
        w="auto"
        py={6}
        px={8}
        style={{ borderRadius: "var(--mantine-radius-md)" }}
      />
    </>
  );
}

const liveColour: Record<LiveState, string> = {
  connecting: "var(--mantine-color-gray-5)",
  live: "var(--live)",
  lost: "var(--mantine-color-red-6)",
};

function Live({ state }: { state: LiveState }) {
  const { t } = useLanguage();
  return (
    <Group gap={8} wrap="nowrap" role="status" aria-live="polite">
      <span
        className="lamp"
        data-alive={state === "live" || undefined}
        style={{ color: liveColour[state] }}
      />
      <Text size="sm" c="dimmed" {...(state === "lost" ? {} : { visibleFrom: "xl" })}>
        {t.live[state]}
      </Text>
    </Group>
  );
}

function Account() {
  const { t, language, speak } = useLanguage();
  const { name, role, leave } = useSession();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  return (
    <Group gap={4} wrap="nowrap">
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={t.common.scheme}
        title={t.common.scheme}
        onClick={() => setColorScheme(scheme === "dark" ? "light" : "dark")}
      >
        <SunIcon />
      </ActionIcon>
      <Button
        variant="subtle"
        color="gray"
        size="compact-sm"
        visibleFrom="xs"
        onClick={() => speak(language === "fr" ? "en" : "fr")}
      >
        {t.common.language}
      </Button>
      <Button
        variant="default"
        size="compact-sm"
        title={`${name} (${word(t.session.roles, role)})`}
        onClick={leave}
      >
        {t.session.leave}
      </Button>
    </Group>
  );
}

// The # is the route's, so the link cannot be left to the browser.
function skip(event: { preventDefault: () => void }): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}
