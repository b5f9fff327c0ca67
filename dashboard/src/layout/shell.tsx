import {
  ActionIcon,
  AppShell,
  Burger,
  Group,
  Menu,
  Tooltip,
  useComputedColorScheme,
  useMantineColorScheme,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { client } from "../client.ts";
import { hasCode } from "../elements/failure.tsx";
import { IconLogout, IconMoon, IconSun, IconUser } from "../icons.ts";
import { useAttempt } from "../session/proof.tsx";
import { useEnter, useSession } from "../session/session.tsx";
import { ApiSwitcher } from "./api-switcher.tsx";
import { Brand } from "./brand.tsx";
import { Navigation } from "./navigation.tsx";

/** The frame of every page: header, navigation, and the way past both. */
export function Shell() {
  const [isOpen, { toggle, close }] = useDisclosure();
  const { pathname } = useLocation();
  const content = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a page that was chosen closes the menu
  useEffect(() => {
    // What was pressed is out of sight then.
    if (isOpen) content.current?.focus();
    close();
  }, [pathname]);
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 248, breakpoint: "sm", collapsed: { mobile: !isOpen } }}
      padding={{ base: "md", md: "xl" }}
    >
      <a href="#content" className="skip">
        Skip to the page
      </a>
      <AppShell.Header className="shell-header">
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap" miw={0}>
            <Burger
              opened={isOpen}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label="Navigation"
              aria-expanded={isOpen}
            />
            <Brand narrow />
            <ApiSwitcher />
          </Group>
          <Group gap="xs" wrap="nowrap">
            <ColorScheme />
            <PersonMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar
        className="shell-navbar"
        p="sm"
        aria-label="Main"
        {...(!isOpen && { "data-closed": true })}
      >
        <Navigation />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} ref={content}>
        <Outlet />
      </AppShell.Main>
    </AppShell>
  );
}

function ColorScheme() {
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme("light") === "dark";
  const label = isDark ? "Light colours" : "Dark colours";
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="default"
        size="lg"
        aria-label={label}
        onClick={() => setColorScheme(isDark ? "light" : "dark")}
      >
        {isDark ? <IconSun size={18} /> : <IconMoon size={18} />}
      </ActionIcon>
    </Tooltip>
  );
}

function PersonMenu() {
  const { person, role, returnUrl } = useSession();
  const enter = useEnter();
  const { attempt } = useAttempt();
  const leave = () =>
    attempt(async () => {
      try {
        await client.signOut();
      } catch (error) {
        if (!hasCode(error, "UNAUTHORIZED")) noteStay(error);
        throw error;
      }
      enter(null);
    });
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <ActionIcon variant="default" size="lg" aria-label="Your account">
          <IconUser size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {person?.name ?? person?.email ?? "Signed in by a link"}
          {role !== null && ` · ${role}`}
        </Menu.Label>
        {person !== null && (
          <Menu.Item component={Link} to="/security">
            Security
          </Menu.Item>
        )}
        {returnUrl !== null && (
          <Menu.Item component="a" href={returnUrl}>
            Back to where you came from
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={leave}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Whoever leaves a browser to others must not take themselves for signed out. */
function noteStay(error: unknown): void {
  notifications.show({
    title: "You are still signed in",
    message: error instanceof Error ? error.message : "Try again.",
    color: "red",
    autoClose: false,
  });
}
