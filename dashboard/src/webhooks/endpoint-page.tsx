import type { IssuedWebhookEndpoint, WebhookEndpoint } from "@latchkey/sdk/client";
import { Alert, Anchor, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { client } from "../client.ts";
import { Fact } from "../elements/fact.tsx";
import { Id } from "../elements/mono.tsx";
import { Page, Section } from "../elements/page.tsx";
import { Status } from "../elements/status.tsx";
import { Time } from "../elements/time.tsx";
import { Waiting } from "../elements/waiting.tsx";
import { IconAlertTriangle } from "../icons.ts";
import { useApi } from "../layout/apis.ts";
import { usePowers } from "../session/session.tsx";
import { Deliveries } from "./deliveries.tsx";
import { EndpointDeeds } from "./endpoint-deeds.tsx";
import { EndpointSecret } from "./endpoint-secret.tsx";

/** One endpoint: what it gets, whether it answers, and what was sent. */
export function EndpointPage() {
  const api = useApi();
  const { id = "" } = useParams({ strict: false });
  const endpoint = useQuery({
    queryKey: [api, "webhooks", "one", id],
    queryFn: ({ signal }) => client.getWebhookEndpoint({ api, id }, { signal }),
  });
  if (endpoint.data !== undefined) return <EndpointDetails endpoint={endpoint.data} />;
  return (
    <Page title="Webhook endpoint" about={<AllWebhooks />}>
      <Waiting query={endpoint} label="the endpoint" />
    </Page>
  );
}

function AllWebhooks() {
  const api = useApi();
  return (
    <Anchor
      size="sm"
      renderRoot={(props) => <Link to="/apis/$api/webhooks" params={{ api }} {...props} />}
    >
      All webhooks
    </Anchor>
  );
}

const WHY: Readonly<Record<NonNullable<WebhookEndpoint["disabledReason"]>, string>> = {
  gone: "It answered 410, which says that it wants nothing more.",
  failing: "Nothing arrived for five days.",
  operator: "It was switched off by hand.",
};

function EndpointDetails({ endpoint }: { readonly endpoint: WebhookEndpoint }) {
  const { mayWrite, isOperator } = usePowers();
  const [issued, setIssued] = useState<IssuedWebhookEndpoint>();
  const { id, url, status, disabledReason, secrets } = endpoint;
  const mayChange = status !== "revoked" && mayWrite("webhooks");
  return (
    <Page
      title={endpoint.description ?? "Webhook endpoint"}
      about={<AllWebhooks />}
      deeds={mayChange && <EndpointDeeds endpoint={endpoint} onIssued={setIssued} />}
    >
      {disabledReason !== null && status === "disabled" && (
        <Alert color="yellow" icon={<IconAlertTriangle size={18} />} title="It gets nothing">
          {WHY[disabledReason]} What was given up meanwhile can be sent again below, once it is
          switched on.
        </Alert>
      )}
      <Section title="Facts">
        <Stack p="md" pt={0}>
          <Fact name="Address">
            <Text className="mono address" size="sm">
              {url}
            </Text>
          </Fact>
          <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }}>
            <Fact name="Status">
              <Status of={status} />
            </Fact>
            <Fact name="Id">
              <Id>{id}</Id>
            </Fact>
            {isOperator && <Fact name="Account">{endpoint.accountId ?? "all"}</Fact>}
            <Fact name="Events">
              <span className="mono">{endpoint.events.join(", ")}</span>
            </Fact>
            <Fact name="Signed">
              {secrets.length === 0 ? "not at all" : `${endpoint.format}, ${signers(endpoint)}`}
            </Fact>
            <Fact name="Failing since">
              <Time at={endpoint.failingSince} none="it answers" />
            </Fact>
            <Fact name="Made">
              <Time at={endpoint.createdAt} />
            </Fact>
          </SimpleGrid>
        </Stack>
      </Section>
      <Deliveries endpointId={id} mayRetry={mayChange && status === "active"} />
      <EndpointSecret issued={issued} onClose={() => setIssued(undefined)} />
    </Page>
  );
}

function signers({ secrets }: WebhookEndpoint): string {
  return secrets.length === 1 ? "with one secret" : "with the old and the new secret";
}
