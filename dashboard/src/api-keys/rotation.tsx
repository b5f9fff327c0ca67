import type { ApiKey, IssuedApiKey } from "@latchkey/sdk/client";
import { Button, Group, Select, Stack, Switch, Text } from "@mantine/core";
import { useState } from "react";
import { client } from "../client.ts";
import { Failure } from "../elements/failure.tsx";
import { Section } from "../elements/page.tsx";
import { Secrets } from "../elements/secret.tsx";
import { useApi } from "../layout/apis.ts";
import { useDeed } from "../session/proof.tsx";
import { issuedSecrets } from "./issued-secrets.ts";
import { UnderWay } from "./rotation-under-way.tsx";

const HOUR = 3600;
const OVERLAPS = [
  { value: "0", label: "Not at all: the old key ends now" },
  { value: String(HOUR), label: "For an hour" },
  { value: String(24 * HOUR), label: "For a day" },
  { value: String(72 * HOUR), label: "For three days" },
  { value: String(168 * HOUR), label: "For a week" },
];

interface RotationProps {
  readonly apiKey: ApiKey;
  /** Else there is nothing to exchange; a new key that is shown stays all the same. */
  readonly isLive: boolean;
  readonly onChanged: () => Promise<void>;
}

/** The way from a key to its successor: start, watch both, and let the old one end. */
export function Rotation({ apiKey, isLive, onChanged }: RotationProps) {
  const [issued, setIssued] = useState<IssuedApiKey>();
  return (
    <>
      {isLive && (
        <Section
          title="Rotation"
          about="Exchange the key while everybody goes on working: both work until the overlap ends."
        >
          <Stack p="md" pt={0}>
            {apiKey.rotatedAt === null ? (
              <Start apiKey={apiKey} onIssued={setIssued} />
            ) : (
              <UnderWay apiKey={apiKey} onChanged={onChanged} />
            )}
          </Stack>
        </Section>
      )}
      <Secrets
        title="The new key"
        secrets={issued === undefined ? undefined : issuedSecrets(issued)}
        onClose={() => {
          setIssued(undefined);
          void onChanged();
        }}
      >
        <Text size="sm">
          Put it where the old one is used. This page then shows which of the two is still called.
        </Text>
      </Secrets>
    </>
  );
}

function Start({
  apiKey,
  onIssued,
}: {
  readonly apiKey: ApiKey;
  readonly onIssued: (issued: IssuedApiKey) => void;
}) {
  const api = useApi();
  const { attempt, isBusy, error } = useDeed();
  const [overlap, setOverlap] = useState(String(24 * HOUR));
  const [withBrownOuts, setBrownOuts] = useState(false);
  const overlapSeconds = Number(overlap);
  const rotate = () =>
    attempt(async () => {
      const brownOuts = withBrownOuts ? brownOutsOf(overlapSeconds) : [];
      const body = { overlapSeconds, ...(brownOuts.length > 0 && { brownOuts }) };
      onIssued(await client.rotateApiKey({ api, id: apiKey.id, body }));
    });
  return (
    <>
      {error !== undefined && <Failure error={error} />}
      <Group align="flex-end">
        <Select
          label="The old key goes on working"
          data={OVERLAPS}
          allowDeselect={false}
          value={overlap}
          onChange={(value) => setOverlap(value ?? overlap)}
          w={280}
        />
        <Button onClick={rotate} loading={isBusy}>
          Rotate
        </Button>
      </Group>
      {overlapSeconds > 0 && (
        <Switch
          label="Refuse the old key for two minutes, halfway and near the end"
          description="So that whoever still uses it notices while there is time."
          checked={withBrownOuts}
          onChange={(event) => setBrownOuts(event.currentTarget.checked)}
        />
      )}
    </>
  );
}

/** Halfway through the overlap, and when nine tenths of it are over. */
function brownOutsOf(overlapSeconds: number): readonly string[] {
  return [0.5, 0.9].map((part) =>
    new Date(Date.now() + overlapSeconds * part * 1000).toISOString(),
  );
}
