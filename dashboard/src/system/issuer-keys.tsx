import { Box, Button, Checkbox, Stack, Table, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../client.ts";
import { Confirm } from "../elements/confirm.tsx";
import { Section } from "../elements/page.tsx";
import { Status } from "../elements/status.tsx";
import { Time } from "../elements/time.tsx";
import { Waiting } from "../elements/waiting.tsx";
import { useApi } from "../layout/apis.ts";
import { usePowers } from "../session/session.tsx";

/** The keys with which the API's authorization server signs. */
export function IssuerKeys() {
  const api = useApi();
  const { mayManage } = usePowers();
  const [isRotating, setRotating] = useState(false);
  const keys = useQuery({
    queryKey: [api, "issuer-keys"],
    queryFn: ({ signal }) => client.listIssuerKeys({ api }, { signal }),
  });
  const { data } = keys;
  return (
    <Section
      title="Issuer keys"
      about="They sign the API's own tokens. The next ones are published before they sign."
      deeds={
        mayManage && (
          <Button variant="default" onClick={() => setRotating(true)}>
            Rotate
          </Button>
        )
      }
    >
      <Box px="md" pb={data === undefined || keys.error !== null ? "md" : 0}>
        <Waiting query={keys} label="the issuer keys" height={90} />
      </Box>
      {data?.data.length === 0 && (
        <Text size="sm" c="dimmed" px="md" pb="md">
          They are made when the authorization server is first used.
        </Text>
      )}
      {data !== undefined && data.data.length > 0 && (
        <Table.ScrollContainer minWidth={480} type="native" tabIndex={0}>
          <Table className="rows" horizontalSpacing="md">
            <caption className="visually-hidden">Issuer keys</caption>
            <Table.Thead>
              <Table.Tr>
                {["Key", "Algorithm", "Status", "Made", "Signed last"].map((head) => (
                  <Table.Th key={head}>{head}</Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.data.map(({ id, algorithm, status, createdAt, retiredAt }) => (
                <Table.Tr key={id}>
                  <Table.Td className="mono">{id}</Table.Td>
                  <Table.Td>{algorithm}</Table.Td>
                  <Table.Td>
                    <Status of={status} />
                  </Table.Td>
                  <Table.Td>
                    <Time at={createdAt} />
                  </Table.Td>
                  <Table.Td>
                    <Time at={retiredAt} none="–" />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {isRotating && <Rotate onClose={() => setRotating(false)} />}
    </Section>
  );
}

function Rotate({ onClose }: { readonly onClose: () => void }) {
  const api = useApi();
  const queries = useQueryClient();
  const [force, setForce] = useState(false);
  const rotate = async () => {
    await client.rotateIssuerKeys({ api, body: { force } });
    await queries.invalidateQueries({ queryKey: [api, "issuer-keys"] });
  };
  return (
    <Confirm title="Rotate the issuer keys?" verb="Rotate" isOpen onClose={onClose} deed={rotate}>
      <Stack gap="sm">
        <Text size="sm">
          The next keys sign from now on. Tokens of the old ones are accepted until they expire.
        </Text>
        <Checkbox
          label="Also when clients may not have seen the next keys yet"
          checked={force}
          onChange={(event) => setForce(event.currentTarget.checked)}
        />
      </Stack>
    </Confirm>
  );
}
