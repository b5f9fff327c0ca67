import type { ApiKey } from "@latchkey/sdk/client";
import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { client } from "../client.ts";
import { Failure } from "../elements/failure.tsx";
import { Time } from "../elements/time.tsx";
import { useApi } from "../layout/apis.ts";
import { useDeed } from "../session/proof.tsx";

const MOST = 10;
const LASTS_MILLIS = 120_000;

/** When the old key is refused for two minutes, so that whoever still uses it notices. */
export function BrownOuts({
  apiKey: { id, brownOuts },
  onChanged,
}: {
  readonly apiKey: ApiKey;
  readonly onChanged: () => Promise<void>;
}) {
  const api = useApi();
  const { attempt, isBusy, error } = useDeed();
  const plan = (instants: readonly string[]) =>
    attempt(async () => {
      await client.planApiKeyBrownOuts({ api, id, body: { brownOuts: [...instants] } });
      await onChanged();
    });
  const now = Date.now();
  const isOver = (from: string) => Date.parse(from) + LASTS_MILLIS <= now;
  const isRunning = brownOuts.some((from) => Date.parse(from) <= now && !isOver(from));
  const over = brownOuts.filter(isOver);
  return (
    <Stack gap="xs">
      {error !== undefined && <Failure error={error} />}
      <Text size="sm" c="dimmed">
        A brown-out refuses the old key for two minutes: whoever still uses it notices while there
        is time.
      </Text>
      {brownOuts.length > 0 && (
        <Group gap="xs" role="list" aria-label="Brown-outs">
          {brownOuts.map((from) => (
            <Badge key={from} role="listitem" variant="default" tt="none" fw={500}>
              <Time at={from} />
              {isOver(from) && " · over"}
            </Badge>
          ))}
        </Group>
      )}
      <Group gap="xs">
        <Button
          size="xs"
          variant="default"
          loading={isBusy}
          disabled={isRunning || brownOuts.length >= MOST}
          onClick={() => plan([...brownOuts, new Date().toISOString()])}
        >
          {isRunning ? "A brown-out is running" : "Brown-out now"}
        </Button>
        {over.length < brownOuts.length && (
          <Button size="xs" variant="subtle" loading={isBusy} onClick={() => plan(over)}>
            Call off those to come
          </Button>
        )}
      </Group>
    </Stack>
  );
}
