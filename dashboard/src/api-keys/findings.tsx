import { Group, SimpleGrid, Skeleton, Text, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { client } from "../client.ts";
import { useApi } from "../layout/apis.ts";
import { usePowers } from "../session/session.tsx";
import type { KeyFilter } from "./key-filter.ts";

type Finding = NonNullable<KeyFilter["finding"]>;

const FINDINGS: readonly (readonly [Finding, string])[] = [
  ["old", "Not rotated for 90 days"],
  ["unused", "Not used for 90 days"],
  ["expiring", "End within 14 days"],
  ["unrestricted", "No addresses, no end"],
];

interface FindingsProps {
  readonly chosen: Finding | undefined;
  readonly onChoose: (finding: Finding | undefined) => void;
}

/** How many live keys good practice asks to look at; choosing one shows them. */
export function Findings({ chosen, onChoose }: FindingsProps) {
  const api = useApi();
  const { accountId } = usePowers();
  const { data, isPending } = useQuery({
    queryKey: [api, "findings"],
    queryFn: ({ signal }) => client.getFindings({ api, accountId }, { signal }),
  });
  if (isPending) {
    return (
      <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
        {FINDINGS.map(([finding]) => (
          <Skeleton key={finding} height={78} aria-label="Loading" role="status" />
        ))}
      </SimpleGrid>
    );
  }
  // Good advice can wait; the list below says what is wrong.
  if (data === undefined || data.live === 0) return null;
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
      {FINDINGS.map(([finding, label]) => (
        <UnstyledButton
          key={finding}
          className="card finding"
          p="sm"
          aria-pressed={chosen === finding}
          onClick={() => onChoose(chosen === finding ? undefined : finding)}
        >
          <Group gap={8} align="baseline">
            <Text fw={650} size="xl">
              {data[finding].toLocaleString("en")}
            </Text>
            <Text size="xs" c="dimmed">
              of {data.live.toLocaleString("en")}
            </Text>
          </Group>
          <Text size="sm">{label}</Text>
        </UnstyledButton>
      ))}
    </SimpleGrid>
  );
}
