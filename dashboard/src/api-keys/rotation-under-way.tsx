import type { ApiKey } from "@latchkey/sdk/client";
import { Anchor, Button, Group, SimpleGrid, Stack, Stepper, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { client } from "../client.ts";
import { Confirm } from "../elements/confirm.tsx";
import { Fact } from "../elements/fact.tsx";
import { Time } from "../elements/time.tsx";
import { useApi } from "../layout/apis.ts";
import { usePowers } from "../session/session.tsx";
import { BrownOuts } from "./brown-outs.tsx";

const HOUR_MILLIS = 3_600_000;
const LOOK_AGAIN_MILLIS = 5_000;

interface UnderWayProps {
  readonly apiKey: ApiKey;
  readonly onChanged: () => Promise<void>;
}

/** A rotation whose overlap runs: who still calls with the old key, and the ways out of it. */
export function UnderWay({ apiKey, onChanged }: UnderWayProps) {
  const api = useApi();
  const { successorId, rotatedAt } = apiKey;
  const successor = useQuery({
    queryKey: [api, "api-keys", "one", successorId],
    queryFn: ({ signal }) => client.getApiKey({ api, id: successorId ?? "" }, { signal }),
    refetchInterval: LOOK_AGAIN_MILLIS,
    enabled: successorId !== null,
  });
  const isNarrow = useMediaQuery("(max-width: 48em)");
  const hasChangedOver = isAfter(successor.data?.lastUsedAt, apiKey.lastUsedAt ?? rotatedAt);
  return (
    <>
      <Stepper
        active={hasChangedOver ? 2 : 1}
        size="sm"
        orientation={isNarrow ? "vertical" : "horizontal"}
      >
        <Stepper.Step label="Started" description={<Time at={rotatedAt} />} />
        <Stepper.Step label="Both work" description="Callers change over" />
        <Stepper.Step
          label="The old key ends"
          description={<Time at={apiKey.expiresAt} none="when it is revoked" />}
        />
      </Stepper>
      <SimpleGrid cols={{ base: 2, md: 4 }}>
        <Fact name="Last call with this, the old key">
          <Time at={apiKey.lastUsedAt} />
        </Fact>
        <Fact name="Last call with the new key">
          <Time at={successor.data?.lastUsedAt ?? null} />
        </Fact>
        <Calls apiKey={apiKey} />
      </SimpleGrid>
      <BrownOuts apiKey={apiKey} onChanged={onChanged} />
      <WaysOut apiKey={apiKey} onChanged={onChanged} />
    </>
  );
}

function isAfter(one: string | null | undefined, other: string | null): boolean {
  return one != null && (other === null || Date.parse(one) > Date.parse(other));
}

/** How often each of the two was called since the hour in which the rotation began. */
function Calls({
  apiKey: { id, lineageId, rotatedAt, successorId },
}: Pick<UnderWayProps, "apiKey">) {
  const api = useApi();
  const isAllowed = usePowers().mayRead("usage");
  const began = Date.parse(rotatedAt ?? "");
  const from = new Date(began - (began % HOUR_MILLIS)).toISOString();
  const usage = useQuery({
    queryKey: [api, "usage", "lineage", lineageId, from],
    queryFn: async ({ signal }) => {
      const counts = new Map<string | null, number>();
      const query = { api, lineageId, from, limit: 200 };
      for await (const row of client.each.listUsage(query, { signal })) {
        counts.set(row.credentialId, (counts.get(row.credentialId) ?? 0) + row.count);
      }
      return counts;
    },
    refetchInterval: LOOK_AGAIN_MILLIS,
    enabled: isAllowed,
  });
  if (!isAllowed) return null;
  // An overlap may run for a week: the time alone would be taken for today's.
  const since = new Date(from).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
  const count = (credentialId: string | null) =>
    (usage.data?.get(credentialId) ?? 0).toLocaleString("en");
  return (
    <>
      <Fact name={`Calls with the old key since ${since}`}>{count(id)}</Fact>
      <Fact name={`Calls with the new key since ${since}`}>{count(successorId)}</Fact>
    </>
  );
}

function WaysOut({ apiKey, onChanged }: UnderWayProps) {
  const api = useApi();
  const [deed, setDeed] = useState<"finish" | "cancel">();
  const { id, successorId } = apiKey;
  const close = () => setDeed(undefined);
  const finish = async () => {
    await client.revokeApiKey({ api, id });
    await onChanged();
  };
  const cancel = async () => {
    await client.cancelApiKeyRotation({ api, id });
    await onChanged();
  };
  return (
    <>
      <Group>
        <Button onClick={() => setDeed("finish")} variant="light" color="red">
          End the old key now
        </Button>
        <Button onClick={() => setDeed("cancel")} variant="default">
          Take the rotation back
        </Button>
        {successorId !== null && (
          <Anchor
            size="sm"
            renderRoot={(props) => (
              <Link to="/apis/$api/api-keys/$id" params={{ api, id: successorId }} {...props} />
            )}
          >
            To the new key
          </Anchor>
        )}
      </Group>
      <Confirm
        title="End the old key now?"
        verb="End the old key"
        isOpen={deed === "finish"}
        onClose={close}
        deed={finish}
      >
        <Stack gap="xs">
          <Text size="sm">
            Whoever still calls with it is refused at once. This cannot be undone.
          </Text>
          <Text size="sm">
            Last call: <Time at={apiKey.lastUsedAt} />.
          </Text>
        </Stack>
      </Confirm>
      <Confirm
        title="Take the rotation back?"
        verb="Take it back"
        isOpen={deed === "cancel"}
        onClose={close}
        deed={cancel}
      >
        The new key ends at once, and whoever calls with it is refused. This key goes on as before,
        with the end that it had.
      </Confirm>
    </>
  );
}
