import type { Event } from "@latchkey/sdk/client";
import { Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { client } from "../client.ts";
import { AccountSelect } from "../elements/account-select.tsx";
import { Failure } from "../elements/failure.tsx";
import { useKept } from "../elements/kept.ts";
import { Page } from "../elements/page.tsx";
import { usePages } from "../elements/pages.ts";
import { Rows } from "../elements/rows.tsx";
import { download } from "../elements/secret.tsx";
import { Time } from "../elements/time.tsx";
import { IconDownload } from "../icons.ts";
import { useApi } from "../layout/apis.ts";
import { useAttempt } from "../session/proof.tsx";
import { csvOf } from "./csv.ts";
import { EVENT_TYPES } from "./types.ts";

const DAY = 86_400_000;
const MOST_EXPORTED = 10_000;
const RANGES = [
  { value: "1", label: "Last 24 hours" },
  { value: "7", label: "Last 7 days" },
  { value: "30", label: "Last 30 days" },
];

/** What was done and refused, narrowed and exported. */
export function AuditPage() {
  const api = useApi();
  const { type = null } = useSearch({ strict: false });
  const navigate = useNavigate();
  const [accountId, setAccountId] = useKept<string | null>("account", null);
  const [credentialId, setCredentialId] = useKept("credential", "");
  const [days, setDays] = useKept<string | null>("days", null);
  const { attempt, isBusy, error } = useAttempt();
  const filter = {
    type: type ?? undefined,
    accountId: accountId ?? undefined,
    credentialId: credentialId.trim() === "" ? undefined : credentialId.trim(),
    ...(days !== null && { from: startOf(Number(days)) }),
  };
  const pages = usePages([api, "events", type, accountId, credentialId, days], (cursor, signal) =>
    client.listEvents({ api, limit: 50, cursor, ...filter }, { signal }),
  );
  const save = () =>
    attempt(async () => {
      const events: Event[] = [];
      for await (const event of client.each.listEvents({ api, limit: 200, ...filter })) {
        events.push(event);
        if (events.length === MOST_EXPORTED) break;
      }
      download(`${api}-activity.csv`, csvOf(events), "text/csv");
    });
  return (
    <Page
      title="Activity"
      about="Everything that was done here, and every request that was refused. Nothing secret is in it."
      deeds={
        <Button
          variant="default"
          leftSection={<IconDownload size={16} />}
          loading={isBusy}
          onClick={save}
        >
          Export
        </Button>
      }
    >
      {error !== undefined && <Failure error={error} />}
      <Stack gap="sm">
        <Group gap="sm">
          <Select
            aria-label="What"
            placeholder="Everything"
            data={
              type === null || EVENT_TYPES.includes(type) ? EVENT_TYPES : [type, ...EVENT_TYPES]
            }
            clearable
            clearButtonProps={{ "aria-label": "Everything" }}
            searchable
            value={type}
            onChange={(next) =>
              void navigate({
                to: "/apis/$api/audit",
                params: { api },
                search: next === null ? {} : { type: next },
                state: true,
              })
            }
            w={{ base: "100%", xs: 200 }}
          />
          <Select
            aria-label="When"
            placeholder="At any time"
            data={RANGES}
            clearable
            clearButtonProps={{ "aria-label": "At any time" }}
            value={days}
            onChange={setDays}
            w={{ base: "100%", xs: 160 }}
          />
          <AccountSelect isFilter value={accountId} onChange={setAccountId} />
          <TextInput
            aria-label="Credential's id"
            placeholder="Credential's id"
            maxLength={128}
            value={credentialId}
            onChange={(event) => setCredentialId(event.currentTarget.value)}
            w={{ base: "100%", xs: 200 }}
          />
        </Group>
        <Rows
          label="Activity"
          pages={pages}
          keyOf={({ id }) => id}
          empty="Nothing is like that."
          columns={[
            { head: "When", cell: ({ at }) => <Time at={at} /> },
            { head: "What", cell: (event) => <span className="mono">{event.type}</span> },
            {
              head: "By",
              cell: ({ actor }) => (
                <span className="mono" title={actor.kind}>
                  {actor.id ?? actor.kind}
                </span>
              ),
            },
            {
              head: "Account",
              cell: (event) => <span className="mono">{event.accountId ?? "–"}</span>,
            },
            { head: "From", cell: ({ address }) => address ?? "–" },
            {
              head: "In detail",
              cell: ({ detail }) => (
                <Text size="sm" c="dimmed" miw={180} maw={420} className="address">
                  {spokenDetail(detail)}
                </Text>
              ),
            },
          ]}
        />
      </Stack>
    </Page>
  );
}

/** `reason: rate_limited, method: GET`. */
function spokenDetail(detail: Event["detail"]): string {
  return Object.entries(detail)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}

/** At the hour, so that the same list keeps its name while it is looked at. */
function startOf(days: number): string {
  const hour = 3_600_000;
  return new Date(Math.floor((Date.now() - days * DAY) / hour) * hour).toISOString();
}
