import { Box } from "@mantine/core";
import { client } from "../client.ts";
import { Id } from "../elements/mono.tsx";
import { Section } from "../elements/page.tsx";
import { usePages } from "../elements/pages.ts";
import { Rows } from "../elements/rows.tsx";
import { Status } from "../elements/status.tsx";
import { Time } from "../elements/time.tsx";
import { useApi } from "../layout/apis.ts";

const LOOK_AGAIN_MILLIS = 3_000;

/** The processes that decide in their own memory, and by how much they lag behind. */
export function Verifiers() {
  const api = useApi();
  const pages = usePages(
    [api, "verifiers"],
    (cursor, signal) => client.listVerifiers({ api, limit: 25, cursor }, { signal }),
    LOOK_AGAIN_MILLIS,
  );
  return (
    <Section
      title="Verifiers"
      about="Processes that decide in their own memory. Without its lease none decides by itself."
    >
      <Box p="md" pt={0}>
        <Rows
          label="Verifiers"
          pages={pages}
          keyOf={({ id }) => id}
          empty="No process with the SDK has come to this API. Give createVerifier a token with the role verifier, and it appears here."
          columns={[
            { head: "Id", cell: ({ id }) => <Id>{id}</Id> },
            { head: "Lease", cell: ({ status }) => <Status of={status} /> },
            {
              head: "Changes behind",
              align: "right",
              cell: ({ lag }) => lag.toLocaleString("en"),
            },
            { head: "Renewed", cell: ({ renewedAt }) => <Time at={renewedAt} /> },
            { head: "Started", cell: ({ startedAt }) => <Time at={startedAt} /> },
          ]}
        />
      </Box>
    </Section>
  );
}
