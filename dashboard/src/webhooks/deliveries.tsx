import type { WebhookDelivery } from "@latchkey/sdk/client";
import { Anchor, Button, Drawer, Group, SegmentedControl, Stack } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../client.ts";
import { Confirm } from "../elements/confirm.tsx";
import { Section } from "../elements/page.tsx";
import { usePages } from "../elements/pages.ts";
import { Rows } from "../elements/rows.tsx";
import { Status } from "../elements/status.tsx";
import { Time } from "../elements/time.tsx";
import { Waiting } from "../elements/waiting.tsx";
import { useApi } from "../layout/apis.ts";
import { Delivery } from "./delivery.tsx";

const STATUSES = [
  { value: "all", label: "all" },
  { value: "pending", label: "pending" },
  { value: "delivered", label: "delivered" },
  { value: "dead", label: "given up" },
];
const LOOK_AGAIN_MILLIS = 3_000;

interface DeliveriesProps {
  readonly endpointId: string;
  readonly mayRetry: boolean;
}

/** What was sent to an endpoint, and what it answered; the newest first. */
export function Deliveries({ endpointId, mayRetry }: DeliveriesProps) {
  const api = useApi();
  const queries = useQueryClient();
  const [status, setStatus] = useState("all");
  const [chosenId, setChosen] = useState<string>();
  const [isReplaying, setReplaying] = useState(false);
  const pages = usePages(
    [api, "webhooks", "deliveries", endpointId, status],
    (cursor, signal) => {
      const chosen = (["pending", "delivered", "dead"] as const).find((each) => each === status);
      const query = { api, id: endpointId, limit: 25, cursor, status: chosen };
      return client.listDeliveriesOfEndpoint(query, { signal });
    },
    LOOK_AGAIN_MILLIS,
  );
  const replay = async () => {
    let count = 0;
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const body = cursor === undefined ? {} : { cursor };
      const answer = await client.retryDeliveries({ api, id: endpointId, body });
      count += answer.retried;
      cursor = answer.nextCursor;
    }
    await queries.invalidateQueries({ queryKey: [api, "webhooks"] });
    notifications.show({ message: `${count} deliveries are sent once more.`, color: "teal" });
  };
  // By itself: what is sent once more may leave the list that it was chosen from.
  const chosen = useQuery({
    queryKey: [api, "webhooks", "delivery", chosenId],
    queryFn: ({ signal }) => client.getDelivery({ api, id: chosenId ?? "" }, { signal }),
    refetchInterval: LOOK_AGAIN_MILLIS,
    enabled: chosenId !== undefined,
  });
  return (
    <Section title="Deliveries" about="Choose one to see what was sent and what came back.">
      <Stack gap="sm" p="md" pt={0}>
        <Group justify="space-between">
          <SegmentedControl
            aria-label="Status"
            data={STATUSES}
            value={status}
            onChange={setStatus}
          />
          {mayRetry && (
            <Button variant="default" onClick={() => setReplaying(true)}>
              Retry all that were given up
            </Button>
          )}
        </Group>
        <Rows
          label="Deliveries"
          pages={pages}
          keyOf={({ id }) => id}
          empty="There are no such deliveries."
          columns={[
            {
              head: "Event",
              cell: ({ id, type }) => (
                <Anchor
                  component="button"
                  type="button"
                  size="sm"
                  className="mono"
                  onClick={() => setChosen(id)}
                >
                  {type}
                </Anchor>
              ),
            },
            { head: "Status", cell: (delivery) => <Status of={delivery.status} /> },
            { head: "Answer", cell: ({ attempts }) => lastAnswer(attempts) },
            { head: "Attempts", align: "right", cell: ({ attemptCount }) => attemptCount },
            { head: "Happened", cell: ({ createdAt }) => <Time at={createdAt} /> },
            {
              head: "Next attempt",
              cell: ({ nextAttemptAt }) => <Time at={nextAttemptAt} none="–" />,
            },
          ]}
        />
      </Stack>
      <Drawer
        opened={chosenId !== undefined}
        onClose={() => setChosen(undefined)}
        position="right"
        size="lg"
        title="A delivery"
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <Waiting query={chosen} label="the delivery" />
        {chosen.data !== undefined && <Delivery delivery={chosen.data} mayRetry={mayRetry} />}
      </Drawer>
      <Confirm
        title="Retry all that were given up?"
        verb="Retry them"
        isOpen={isReplaying}
        onClose={() => setReplaying(false)}
        deed={replay}
      >
        Their events are sent once more, the oldest first, with the ids that they had.
      </Confirm>
    </Section>
  );
}

function lastAnswer(attempts: WebhookDelivery["attempts"]): string {
  const last = attempts.at(-1);
  return String(last?.status ?? last?.error ?? "–");
}
