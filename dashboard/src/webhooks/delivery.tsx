import type { WebhookDelivery } from "@latchkey/sdk/client";
import { Button, Code, Stack, Text, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { client } from "../client.ts";
import { Fact } from "../elements/fact.tsx";
import { Failure } from "../elements/failure.tsx";
import { Id } from "../elements/mono.tsx";
import { Status } from "../elements/status.tsx";
import { Time } from "../elements/time.tsx";
import { useApi } from "../layout/apis.ts";
import { useDeed } from "../session/proof.tsx";

type Attempt = WebhookDelivery["attempts"][number];

interface DeliveryProps {
  readonly delivery: WebhookDelivery;
  readonly mayRetry: boolean;
}

/** One delivery with its attempts. What the receiver answered is shown as text, whatever it is. */
export function Delivery({ delivery, mayRetry }: DeliveryProps) {
  const api = useApi();
  const queries = useQueryClient();
  const { attempt, isBusy, error } = useDeed();
  const { id, type, eventId, status, data, attempts } = delivery;
  const retry = () =>
    attempt(async () => {
      await client.retryDelivery({ api, id });
      await queries.invalidateQueries({ queryKey: [api, "webhooks"] });
    });
  return (
    <Stack>
      <Text className="mono">{type}</Text>
      <Status of={status} />
      <Fact name="Event">
        <Id>{eventId}</Id>
      </Fact>
      <Lines title="What it tells">{JSON.stringify(data, null, 2)}</Lines>
      {error !== undefined && <Failure error={error} />}
      {mayRetry && status !== "pending" && (
        <Button loading={isBusy} onClick={retry}>
          Send it once more
        </Button>
      )}
      {attempts.length === 0 && (
        <Text size="sm" c="dimmed">
          It has not been sent yet.
        </Text>
      )}
      {[...attempts].reverse().map((each) => (
        <AttemptDetails key={each.number} attempt={each} />
      ))}
    </Stack>
  );
}

function AttemptDetails({ attempt }: { readonly attempt: Attempt }) {
  const { number, at, durationMillis, status, error, requestHeaders, responseHeaders } = attempt;
  return (
    <Stack gap="xs" className="card" p="md" component="section" aria-label={`Attempt ${number}`}>
      <Title order={3} size="h6">
        Attempt {number}: {status ?? "no answer"}
      </Title>
      <Text size="sm" c="dimmed" component="div">
        <Time at={at} />, {durationMillis.toLocaleString("en")} ms
      </Text>
      {error !== null && <Text size="sm">{error}</Text>}
      <Lines title="Request headers">{spokenHeaders(requestHeaders)}</Lines>
      {status !== null && (
        <Lines title="Answer">
          {`${spokenHeaders(responseHeaders)}\n\n${attempt.responseBody ?? ""}`}
        </Lines>
      )}
    </Stack>
  );
}

function Lines({ title, children }: { readonly title: string; readonly children: string }) {
  return (
    <div>
      <Text size="xs" c="dimmed" mb={4}>
        {title}
      </Text>
      <Code block tabIndex={0} className="lines">
        {children}
      </Code>
    </div>
  );
}

function spokenHeaders(headers: Readonly<Record<string, unknown>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");
}
