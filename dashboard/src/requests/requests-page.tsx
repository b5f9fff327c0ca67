import type { CustomerRequest } from "@latchkey/sdk/client";
import { Button, Group, SegmentedControl, Select, Stack, Text, Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../client.ts";
import { AccountSelect } from "../elements/account-select.tsx";
import { Confirm } from "../elements/confirm.tsx";
import { Draft, useDraft } from "../elements/draft.tsx";
import { Page } from "../elements/page.tsx";
import { usePages } from "../elements/pages.ts";
import { Rows } from "../elements/rows.tsx";
import { Status } from "../elements/status.tsx";
import { Time } from "../elements/time.tsx";
import { IconPlus } from "../icons.ts";
import { useApi } from "../layout/apis.ts";
import { usePowers } from "../session/session.tsx";

const STATUSES = ["open", "approved", "declined"] as const;
const KINDS = [
  { value: "limit", label: "A higher limit" },
  { value: "verification", label: "Verification of an application" },
];

/** What customers ask for, and what operators answer. */
export function RequestsPage() {
  const api = useApi();
  const { isOperator, mayManage, mayWrite } = usePowers();
  const [status, setStatus] = useState<(typeof STATUSES)[number]>("open");
  const [isAsking, setAsking] = useState(false);
  const [answered, setAnswered] = useState<Answered>();
  const pages = usePages([api, "requests", status], (cursor, signal) =>
    client.listRequests({ api, limit: 25, cursor, status }, { signal }),
  );
  return (
    <Page
      title="Requests"
      about={
        isOperator
          ? "Customers ask for higher limits and for verification; what you approve is done at once."
          : "Ask for a higher limit, or that your application is verified."
      }
      deeds={
        mayWrite("usage") && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => setAsking(true)}>
            New request
          </Button>
        )
      }
    >
      <Stack gap="sm">
        <Group>
          <SegmentedControl
            aria-label="Status"
            data={[...STATUSES]}
            value={status}
            onChange={(value) => setStatus(STATUSES.find((each) => each === value) ?? "open")}
          />
        </Group>
        <Rows
          label="Requests"
          pages={pages}
          keyOf={({ id }) => id}
          empty={`There are no ${status} requests.`}
          columns={[
            { head: "Asked for", cell: ({ kind }) => KINDS.find((k) => k.value === kind)?.label },
            {
              head: "In words",
              cell: ({ detail, note }) => (
                <Stack gap={2} maw={420} className="address">
                  <Text size="sm">{spokenDetail(detail)}</Text>
                  {note !== null && (
                    <Text size="sm" c="dimmed">
                      Answer: {note}
                    </Text>
                  )}
                </Stack>
              ),
            },
            ...(isOperator
              ? [
                  {
                    head: "Account",
                    cell: ({ accountId }: CustomerRequest) => (
                      <span className="mono">{accountId}</span>
                    ),
                  },
                ]
              : []),
            { head: "Status", cell: (request) => <Status of={request.status} /> },
            { head: "Asked", cell: ({ createdAt }) => <Time at={createdAt} /> },
            {
              head: "Deeds",
              isQuiet: true,
              align: "right",
              cell: (request) =>
                mayManage &&
                request.status === "open" && (
                  <Group gap="xs" justify="flex-end" wrap="nowrap">
                    <Button
                      size="xs"
                      onClick={() => setAnswered({ id: request.id, verb: "Approve" })}
                    >
                      Approve
                    </Button>
                    <Button
                      size="xs"
                      variant="default"
                      onClick={() => setAnswered({ id: request.id, verb: "Decline" })}
                    >
                      Decline
                    </Button>
                  </Group>
                ),
            },
          ]}
        />
      </Stack>
      {isAsking && <RequestDraft onClose={() => setAsking(false)} />}
      {answered !== undefined && (
        <AnswerRequest answered={answered} onClose={() => setAnswered(undefined)} />
      )}
    </Page>
  );
}

/** An operator's answer that is being given. */
interface Answered {
  readonly id: string;
  readonly verb: "Approve" | "Decline";
}

function AnswerRequest({
  answered: { id, verb },
  onClose,
}: {
  readonly answered: Answered;
  readonly onClose: () => void;
}) {
  const api = useApi();
  const queries = useQueryClient();
  const [note, setNote] = useState("");
  const answer = async () => {
    const input = { api, id, body: note.trim() === "" ? {} : { note: note.trim() } };
    await (verb === "Approve" ? client.approveRequest(input) : client.declineRequest(input));
    await queries.invalidateQueries({ queryKey: [api] });
  };
  return (
    <Confirm
      title={`${verb} the request`}
      verb={verb}
      isHarmless={verb === "Approve"}
      isOpen
      onClose={onClose}
      deed={answer}
    >
      <Textarea
        label="What the customer is told"
        maxLength={1000}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
    </Confirm>
  );
}

function RequestDraft({ onClose }: { readonly onClose: () => void }) {
  const api = useApi();
  const { accountId: own } = usePowers();
  const { form, draft } = useDraft({
    initialValues: {
      accountId: (own ?? null) as string | null,
      kind: "limit" as CustomerRequest["kind"],
      detail: "",
    },
    validate: { accountId: (id) => (id === null ? "Choose an account." : null) },
    changes: [api, "requests"],
    onClose,
    send: async ({ accountId, kind, detail }) => {
      await client.createRequest({ api, body: { accountId: accountId ?? "", kind, detail } });
    },
  });
  return (
    <Draft title="New request" verb="Send the request" draft={draft}>
      <AccountSelect required {...form.getInputProps("accountId")} />
      <Select
        label="Asked for"
        data={KINDS}
        allowDeselect={false}
        {...form.getInputProps("kind")}
      />
      <Textarea
        label="In words"
        description="What you need, and what for. Put no secret in it."
        required
        autosize
        minRows={4}
        maxLength={4000}
        {...form.getInputProps("detail")}
      />
    </Draft>
  );
}

function spokenDetail(detail: CustomerRequest["detail"]): string {
  return typeof detail === "string" ? detail : JSON.stringify(detail);
}
