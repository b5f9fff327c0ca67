import { NavLink, ScrollArea, Text } from "@mantine/core";
import { Link, useParams } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import {
  IconApps,
  IconBuilding,
  IconChartBar,
  IconFileText,
  IconHelp,
  IconHistory,
  IconInbox,
  IconKey,
  IconLock,
  IconServer,
  IconShield,
  IconSignature,
  IconThumbUp,
  IconUsers,
  IconWebhook,
} from "../icons.ts";
import { usePowers } from "../session/session.tsx";
import { useApiSlugs } from "./apis.ts";

const SIZE = 18;
/** What stands under this heading. */
const CREDENTIALS = ["api-keys", "signing-keys", "applications", "webhooks"] as const;

/** The pages that the session may open, as links. */
export function Navigation() {
  const api = useLastApi();
  const { isOperator, mayRead, mayAppoint } = usePowers();
  const hasCredentials = CREDENTIALS.some((area) => mayRead(area));
  const of = (page: string) => `/apis/${api}${page}`;
  return (
    <ScrollArea className="navigation" type="never">
      {api !== undefined && (
        <>
          {mayRead("usage") && (
            <Entry to={of("")} exact label="Overview" icon={<IconChartBar size={SIZE} />} />
          )}
          {isOperator && (
            <Entry to={of("/explain")} label="Explain a refusal" icon={<IconHelp size={SIZE} />} />
          )}
          {hasCredentials && <Heading>Credentials</Heading>}
          {mayRead("api-keys") && (
            <Entry to={of("/api-keys")} label="API keys" icon={<IconKey size={SIZE} />} />
          )}
          {mayRead("signing-keys") && (
            <Entry
              to={of("/signing-keys")}
              label="Signing keys"
              icon={<IconSignature size={SIZE} />}
            />
          )}
          {mayRead("applications") && (
            <>
              <Entry
                to={of("/applications")}
                label="Applications"
                icon={<IconApps size={SIZE} />}
              />
              <Entry
                to={of("/grants")}
                label="Approved by users"
                icon={<IconThumbUp size={SIZE} />}
              />
            </>
          )}
          {mayRead("webhooks") && (
            <Entry to={of("/webhooks")} label="Webhooks" icon={<IconWebhook size={SIZE} />} />
          )}
          {isOperator && (
            <>
              <Heading>Customers</Heading>
              <Entry to={of("/accounts")} label="Accounts" icon={<IconBuilding size={SIZE} />} />
              <Entry to={of("/users")} label="Users" icon={<IconUsers size={SIZE} />} />
            </>
          )}
          {mayRead("usage") && (
            <>
              <Entry to={of("/requests")} label="Requests" icon={<IconInbox size={SIZE} />} />
              <Heading>Insight</Heading>
              <Entry to={of("/audit")} label="Activity" icon={<IconHistory size={SIZE} />} />
            </>
          )}
          {isOperator && (
            <>
              <Entry to={of("/policy")} label="Policy" icon={<IconFileText size={SIZE} />} />
              <Entry to={of("/system")} label="System" icon={<IconServer size={SIZE} />} />
            </>
          )}
        </>
      )}
      {mayAppoint && (
        <>
          <Heading>Installation</Heading>
          <Entry to="/operators" label="Operators" icon={<IconLock size={SIZE} />} />
        </>
      )}
      {mayRead("security") && (
        <Entry to="/security" label="Your security" icon={<IconShield size={SIZE} />} />
      )}
    </ScrollArea>
  );
}

/** The API of the page, or of the one before where this one is of none; at first the first. */
function useLastApi(): string | undefined {
  const { api } = useParams({ strict: false });
  const [last, setLast] = useState(api);
  if (api !== undefined && api !== last) setLast(api);
  const [first] = useApiSlugs() ?? [];
  return api ?? last ?? first;
}

function Heading({ children }: { readonly children: string }) {
  return (
    <Text size="xs" fw={600} c="dimmed" px="sm" pt="md" pb={4}>
      {children}
    </Text>
  );
}

interface EntryProps {
  readonly to: string;
  readonly label: string;
  readonly icon: ReactNode;
  readonly exact?: boolean;
}

function Entry({ to, label, icon, exact = false }: EntryProps) {
  return (
    <Link to={to} activeOptions={{ exact }}>
      {({ isActive }) => (
        <NavLink component="span" active={isActive} label={label} leftSection={icon} />
      )}
    </Link>
  );
}
