import type { ApiKey } from "@latchkey/sdk/client";
import { Anchor, Button, Code, Group, SimpleGrid, Skeleton } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { client } from "../client.ts";
import { Fact } from "../elements/fact.tsx";
import { Id } from "../elements/mono.tsx";
import { Page, Section } from "../elements/page.tsx";
import { Status } from "../elements/status.tsx";
import { Time } from "../elements/time.tsx";
import { Waiting } from "../elements/waiting.tsx";
import { useApi } from "../layout/apis.ts";
import { usePowers } from "../session/session.tsx";
import { RevokeKey } from "./revoke-key.tsx";
import { Rotation } from "./rotation.tsx";

const UsageChart = lazy(async () => ({
  default: (await import("../overview/usage-chart.tsx")).UsageChart,
}));

const LOOK_AGAIN_MILLIS = 5_000;

/** One key: what it may, how it is used, and the way to its successor. */
export function ApiKeyPage() {
  const api = useApi();
  const { id = "" } = useParams({ strict: false });
  const key = useQuery({
    queryKey: [api, "api-keys", "one", id],
    queryFn: ({ signal }) => client.getApiKey({ api, id }, { signal }),
    // While a rotation runs, its page is watched.
    refetchInterval: ({ state }) => (state.data?.status === "rotated" ? LOOK_AGAIN_MILLIS : false),
  });
  if (key.data !== undefined) return <KeyDetails apiKey={key.data} />;
  return (
    <Page title="API key" about={<AllKeys />}>
      <Waiting query={key} label="the key" />
    </Page>
  );
}

function AllKeys() {
  const api = useApi();
  return (
    <Anchor
      size="sm"
      renderRoot={(props) => <Link to="/apis/$api/api-keys" params={{ api }} {...props} />}
    >
      All API keys
    </Anchor>
  );
}

function KeyDetails({ apiKey }: { readonly apiKey: ApiKey }) {
  const api = useApi();
  const { mayRead, mayWrite, isOperator, accounts } = usePowers();
  const queries = useQueryClient();
  const [isRevoking, setRevoking] = useState(false);
  const isLive = apiKey.status === "active" || apiKey.status === "rotated";
  const again = () => queries.invalidateQueries({ queryKey: [api] });
  return (
    <Page
      title={apiKey.name}
      about={<AllKeys />}
      deeds={
        isLive &&
        mayWrite("api-keys") && (
          <Button variant="light" color="red" onClick={() => setRevoking(true)}>
            Revoke
          </Button>
        )
      }
    >
      <Section title="Facts">
        <SimpleGrid cols={{ base: 1, xs: 2, lg: 3, xl: 4 }} p="md" pt={0}>
          <Fact name="Status">
            <Status of={apiKey.status} />
          </Fact>
          <Fact name="Key">
            <span className="mono">
              {apiKey.prefix}…{apiKey.lastFour}
            </span>
          </Fact>
          <Fact name="Id">
            <Id>{apiKey.id}</Id>
          </Fact>
          {isOperator && (
            <Fact name="Account">
              <Id>{apiKey.accountId}</Id>
            </Fact>
          )}
          {accounts.length > 1 && (
            <Fact name="Account">{accounts.find(({ id }) => id === apiKey.accountId)?.name}</Fact>
          )}
          <Fact name="Mode">{apiKey.mode}</Fact>
          <Fact name="Made">
            <Time at={apiKey.createdAt} />
          </Fact>
          <Fact name="Last used">
            <Time at={apiKey.lastUsedAt} />
          </Fact>
          <Fact name="Ends">
            <Time at={apiKey.expiresAt} />
          </Fact>
          <Fact name="Scopes">{listed(apiKey.scopes, "none")}</Fact>
          <Fact name="Allowed addresses">{listed(apiKey.allowedIps, "anywhere")}</Fact>
          <Fact name="Requests are signed">{apiKey.signing}</Fact>
        </SimpleGrid>
      </Section>
      {mayWrite("api-keys") && <Rotation apiKey={apiKey} isLive={isLive} onChanged={again} />}
      {mayRead("usage") && (
        <Section title="Requests of the last 7 days" about="This key alone.">
          <Suspense fallback={<Skeleton height={220} m="md" w="auto" />}>
            <UsageChart credentialId={apiKey.id} />
          </Suspense>
        </Section>
      )}
      <RevokeKey
        apiKey={apiKey}
        isOpen={isRevoking}
        onClose={() => setRevoking(false)}
        onRevoked={again}
      />
    </Page>
  );
}

function listed(items: readonly string[], none: string): ReactNode {
  if (items.length === 0) return none;
  return (
    <Group gap={4}>
      {items.map((item) => (
        <Code key={item} className="address">
          {item}
        </Code>
      ))}
    </Group>
  );
}
