import type { Overview } from "@latchkey/sdk/client";
import { Table, Text } from "@mantine/core";
import { Section } from "../elements/page.tsx";
import { CredentialLink } from "./credential-link.tsx";
import { durationText } from "./durations.ts";

/** The credentials about which decisions take longest. */
export function Slowest({ slowest }: Pick<Overview, "slowest">) {
  return (
    <Section title="Slowest credentials">
      {slowest.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          A credential is compared once ten decisions about it were timed.
        </Text>
      ) : (
        <Table className="rows" horizontalSpacing="md">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Credential</Table.Th>
              <Table.Th ta="right">Mean</Table.Th>
              <Table.Th ta="right">Longest</Table.Th>
              <Table.Th ta="right">Decisions</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {slowest.map(({ credentialId, name, meanMicros, maxMicros, decisions }) => (
              <Table.Tr key={credentialId}>
                <Table.Td>
                  <CredentialLink id={credentialId} name={name} />
                </Table.Td>
                <Table.Td ta="right">{durationText(meanMicros)}</Table.Td>
                <Table.Td ta="right">{durationText(maxMicros)}</Table.Td>
                <Table.Td ta="right">{decisions.toLocaleString("en")}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Section>
  );
}
