import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { client } from "../client.ts";
import { Failure } from "../elements/failure.tsx";
import { Section } from "../elements/page.tsx";
import { Time } from "../elements/time.tsx";
import { Waiting } from "../elements/waiting.tsx";
import { useDeed } from "../session/proof.tsx";

/** Where the person is signed in, and the way to end it. */
export function Devices() {
  const queries = useQueryClient();
  const { attempt, isBusy, error } = useDeed();
  const list = useQuery({ queryKey: ["devices"], queryFn: () => client.listDevices() });
  const end = (deed: () => Promise<unknown>) =>
    attempt(async () => {
      await deed();
      await queries.invalidateQueries({ queryKey: ["devices"] });
    });
  const devices = list.data?.data ?? [];
  return (
    <Section
      title="Devices"
      about="Where you are signed in."
      deeds={
        devices.length > 1 && (
          <Button
            variant="default"
            size="xs"
            loading={isBusy}
            onClick={() => end(() => client.revokeOtherDevices())}
          >
            Sign out everywhere else
          </Button>
        )
      }
    >
      <Stack px="md" pb="md">
        {error !== undefined && <Failure error={error} />}
        <Waiting query={list} label="your devices" height={36} />
        {devices.map(({ id, name, address, lastSeenAt, current }) => (
          <Group key={id} justify="space-between">
            <Text size="sm" component="div">
              <b>{name}</b> {address !== null && `· ${address}`} · seen <Time at={lastSeenAt} />
            </Text>
            {current ? (
              <Badge variant="default" tt="none" fw={500}>
                this one
              </Badge>
            ) : (
              <Button
                size="xs"
                variant="light"
                color="red"
                aria-label={`Sign out ${name}`}
                onClick={() => end(() => client.revokeDevice({ id }))}
              >
                Sign out
              </Button>
            )}
          </Group>
        ))}
      </Stack>
    </Section>
  );
}
