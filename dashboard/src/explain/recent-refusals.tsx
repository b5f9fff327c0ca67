import type { Event } from "@latchkey/sdk/client";
import { Anchor, Modal, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { client } from "../client.ts";
import { Id } from "../elements/mono.tsx";
import { usePages } from "../elements/pages.ts";
import { Rows } from "../elements/rows.tsx";
import { Time } from "../elements/time.tsx";
import { useApi } from "../layout/apis.ts";
import { useReasons } from "./reasons.ts";

/** What was refused lately; choosing a line says what its reason means and what helps. */
export function RecentRefusals() {
  const api = useApi();
  const [chosen, setChosen] = useState<Event>();
  const pages = usePages([api, "refusals"], (cursor, signal) =>
    client.listEvents({ api, type: "request.refused", limit: 25, cursor }, { signal }),
  );
  return (
    <>
      <Rows
        label="Refusals"
        pages={pages}
        keyOf={({ id }) => id}
        empty="Nothing was refused lately."
        columns={[
          {
            head: "Reason",
            cell: (event) => (
              <Anchor
                component="button"
                type="button"
                size="sm"
                className="mono"
                onClick={() => setChosen(event)}
              >
                {textOf(event, "reason")}
              </Anchor>
            ),
          },
          {
            head: "Request",
            cell: (event) => (
              <span className="mono">
                {textOf(event, "method")} {textOf(event, "path")}
              </span>
            ),
          },
          { head: "From", cell: ({ address }) => address ?? "–" },
          { head: "Credential", cell: ({ credentialId }) => credentialId ?? "unknown" },
          { head: "Times", align: "right", cell: ({ count }) => count.toLocaleString("en") },
          { head: "When", cell: ({ at }) => <Time at={at} /> },
        ]}
      />
      <Modal opened={chosen !== undefined} onClose={() => setChosen(undefined)} title="A refusal">
        {chosen !== undefined && <Refusal event={chosen} />}
      </Modal>
    </>
  );
}

function Refusal({ event }: { readonly event: Event }) {
  const api = useApi();
  const entry = useReasons().get(textOf(event, "reason"));
  const { credentialId, requestId } = event;
  return (
    <Stack gap="sm">
      <Text className="mono">{textOf(event, "reason")}</Text>
      <Text size="sm">{entry?.meaning}</Text>
      <Text size="sm" fw={600}>
        {entry?.remedy}
      </Text>
      {credentialId?.startsWith("key_") && (
        <Anchor
          size="sm"
          renderRoot={(props) => (
            <Link to="/apis/$api/api-keys/$id" params={{ api, id: credentialId }} {...props} />
          )}
        >
          Look at the key
        </Anchor>
      )}
      {requestId !== null && (
        <Text size="sm" c="dimmed" component="div">
          Request <Id>{requestId}</Id>
        </Text>
      )}
    </Stack>
  );
}

function textOf({ detail }: Event, member: string): string {
  const value = detail[member];
  return typeof value === "string" ? value : "";
}
