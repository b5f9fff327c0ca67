import type { PolicyVersion } from "@latchkey/sdk/client";
import { Badge, Code, Group, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { client } from "../client.ts";
import { Fact } from "../elements/fact.tsx";
import { Page, Section } from "../elements/page.tsx";
import { Time } from "../elements/time.tsx";
import { Waiting } from "../elements/waiting.tsx";
import { useApi } from "../layout/apis.ts";
import { changesBetween } from "./changes.ts";
import type { ShownPolicy, ShownWindow } from "./shown-policy.ts";

/** What decides about requests: endpoints, scopes, plans and limits, and how they have changed. */
export function PolicyPage() {
  const api = useApi();
  const versions = useQuery({
    queryKey: [api, "policy"],
    queryFn: ({ signal }) => client.listPolicyVersions({ api }, { signal }),
  });
  const all = versions.data?.data ?? [];
  const [newest] = all;
  return (
    <Page
      title="Policy"
      about="What decides about every request. It comes from latchkey.config.ts and is changed there."
    >
      <Waiting query={versions} label="the policy" height={400} />
      {newest !== undefined && (
        <>
          {/* The engine completes it: its form is that of docs/reference/policy.md. */}
          <InForce version={newest} policy={newest.policy as unknown as ShownPolicy} />
          <Versions versions={all} />
        </>
      )}
    </Page>
  );
}

function InForce({
  version: { version, digest, recordedAt },
  policy,
}: {
  readonly version: PolicyVersion;
  readonly policy: ShownPolicy;
}) {
  return (
    <Stack gap="lg">
      <Section title={`Version ${version}, in force`}>
        <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }} px="md" pb="md">
          <Fact name="Profile">{policy.renderer}</Fact>
          <Fact name="Since">
            <Time at={recordedAt} />
          </Fact>
          <Fact name="Digest">
            <span className="mono">{digest.slice(0, 12)}</span>
          </Fact>
          <Fact name="Where no endpoint matches">{policy.otherwise}</Fact>
          <Fact name="Ways to authenticate">{policy.schemes.join(", ")}</Fact>
          <Fact name="Plans">{policy.plans.join(" < ") || "none"}</Fact>
        </SimpleGrid>
      </Section>
      <Section
        title="Limits"
        about="For each way of authenticating; a way without a line has none."
      >
        <Wide
          label="Limits"
          head={["For", "Counted for each", "Windows"]}
          rows={Object.entries(policy.limits).map(([kind, limit]) => [
            kind,
            limit.per,
            limit.windows.map(spokenWindow).join(", "),
          ])}
        />
      </Section>
      <Section title="Endpoints" about="The first that matches decides.">
        <Wide
          label="Endpoints"
          head={["Match", "Scopes", "Besides"]}
          rows={policy.endpoints.map((endpoint) => [
            <span key="match" className="mono">
              {endpoint.match}
            </span>,
            endpoint.scopes.join(", ") || "none",
            <Group key="notes" gap={4}>
              {endpoint.anonymous && <Note>anyone</Note>}
              {endpoint.owner !== null && <Note>{`owner: {${endpoint.owner}}`}</Note>}
              {endpoint.delegated !== undefined && (
                <Note>{`delegated: ${endpoint.delegated.join(", ") || "nothing"}`}</Note>
              )}
              {endpoint.accepts.map((kind) => (
                <Note key={kind}>{kind}</Note>
              ))}
              {endpoint.family !== null && <Note>{endpoint.family}</Note>}
            </Group>,
          ])}
        />
      </Section>
      <Section title="Scopes">
        <Wide
          label="Scopes"
          head={["Scope", "Title", "Is as good as"]}
          rows={Object.entries(policy.scopes).map(([name, scope]) => [
            <span key="name" className="mono">
              {name}
            </span>,
            scope.title,
            [...scope.implies, ...scope.impliesOnOwn.map((each) => `${each} on its own`)].join(
              ", ",
            ) || "–",
          ])}
        />
      </Section>
    </Stack>
  );
}

function Note({ children }: { readonly children: string }) {
  return (
    <Badge variant="default" tt="none" fw={500} size="sm">
      {children}
    </Badge>
  );
}

interface WideProps {
  readonly label: string;
  readonly head: readonly string[];
  /** The first cell of each names its row. */
  readonly rows: readonly (readonly ReactNode[])[];
}

function Wide({ label, head, rows }: WideProps) {
  return (
    <Table.ScrollContainer minWidth={560} type="native" tabIndex={0}>
      <Table className="rows" horizontalSpacing="md">
        <caption className="visually-hidden">{label}</caption>
        <Table.Thead>
          <Table.Tr>
            {head.map((name) => (
              <Table.Th key={name}>{name}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((cells, row) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a policy's lists have an order and no keys
            <Table.Tr key={row}>
              {cells.map((cell, column) => (
                <Table.Td key={head[column]}>{cell}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Versions({ versions }: { readonly versions: readonly PolicyVersion[] }) {
  return (
    <Section title="Versions" about="What each changed in the one before it.">
      <Stack px="md" pb="md">
        {versions.map((version, i) => (
          <Stack key={version.version} gap={4}>
            <Text size="sm" fw={550} component="div">
              Version {version.version} · <Time at={version.recordedAt} />
            </Text>
            <Changes before={versions[i + 1]} after={version} />
          </Stack>
        ))}
      </Stack>
    </Section>
  );
}

function Changes({
  before,
  after,
}: {
  readonly before: PolicyVersion | undefined;
  readonly after: PolicyVersion;
}) {
  if (before === undefined) {
    return (
      <Text size="sm" c="dimmed">
        The earliest that is shown.
      </Text>
    );
  }
  const lines = changesBetween(before.policy, after.policy);
  return (
    <Code block tabIndex={0}>
      {lines.join("\n")}
    </Code>
  );
}

function spokenWindow({ name, max, windowSeconds }: ShownWindow): string {
  return `${name}: ${max.toLocaleString("en")} in ${spokenSeconds(windowSeconds)}`;
}

function spokenSeconds(seconds: number): string {
  if (seconds % 86_400 === 0) return `${seconds / 86_400} d`;
  if (seconds % 3600 === 0) return `${seconds / 3600} h`;
  if (seconds % 60 === 0) return `${seconds / 60} min`;
  return `${seconds} s`;
}
