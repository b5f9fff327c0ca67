import { Button, Code, Group, Menu, Stack, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { AccountSelect } from "../elements/account-select.tsx";
import { Confirm } from "../elements/confirm.tsx";
import { Deeds } from "../elements/deeds.tsx";
import { Draft, useDraft } from "../elements/draft.tsx";
import { Id } from "../elements/mono.tsx";
import { Name } from "../elements/name.tsx";
import { usePages } from "../elements/pages.ts";
import { Rows } from "../elements/rows.tsx";
import { Secrets } from "../elements/secret.tsx";
import { Status } from "../elements/status.tsx";
import { Time } from "../elements/time.tsx";
import { IconPlus } from "../icons.ts";
import { useApi } from "../layout/apis.ts";
import { usePowers } from "../session/session.tsx";
import type { Issued, KeyRow, Kind } from "./kinds.tsx";

/** The keys of one kind: made, rotated, revoked. */
export function KeyKind({ kind }: { readonly kind: Kind }) {
  const api = useApi();
  const { mayWrite } = usePowers();
  const [accountId, setAccountId] = useState<string | null>(null);
  const [isMaking, setMaking] = useState(false);
  const [issued, setIssued] = useState<Issued>();
  const pages = usePages([api, kind.path, accountId], (cursor, signal) =>
    kind.list({ api, limit: 25, cursor, accountId: accountId ?? undefined }, signal),
  );
  const mayChange = mayWrite("signing-keys");
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {kind.about}
      </Text>
      <Group justify="space-between">
        <AccountSelect isFilter value={accountId} onChange={setAccountId} />
        {mayChange && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
            New {kind.noun}
          </Button>
        )}
      </Group>
      <Rows
        label={kind.title}
        pages={pages}
        keyOf={({ id }) => id}
        empty={accountId === null ? `There is no ${kind.noun} yet.` : `It has no ${kind.noun}.`}
        columns={[
          {
            head: kind.field.label,
            cell: ({ name }) => <Name>{name}</Name>,
          },
          { head: "Id", cell: ({ id }) => <Id>{id}</Id> },
          { head: "Status", cell: ({ status }) => <Status of={status} /> },
          { head: "Last used", cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
          { head: "Made", cell: ({ createdAt }) => <Time at={createdAt} /> },
          { head: "Ends", cell: ({ expiresAt }) => <Time at={expiresAt} /> },
          {
            head: "Deeds",
            isQuiet: true,
            align: "right",
            cell: (row) =>
              mayChange &&
              row.status !== "revoked" && <KeyDeeds kind={kind} row={row} onIssued={setIssued} />,
          },
        ]}
      />
      {isMaking && <NewKey kind={kind} onClose={() => setMaking(false)} onIssued={setIssued} />}
      <Secrets
        title={`The new ${kind.noun}`}
        secrets={issued?.secrets}
        onClose={() => setIssued(undefined)}
      >
        {issued?.sample !== undefined && (
          <Stack gap={6}>
            <Text size="sm" fw={550}>
              In JavaScript
            </Text>
            <Code block tabIndex={0}>
              {issued.sample}
            </Code>
          </Stack>
        )}
      </Secrets>
    </Stack>
  );
}

interface IssuingProps {
  readonly kind: Kind;
  readonly onIssued: (issued: Issued) => void;
}

function NewKey({ kind, onClose, onIssued }: IssuingProps & { readonly onClose: () => void }) {
  const api = useApi();
  const { accountId: own } = usePowers();
  const { form, draft } = useDraft({
    initialValues: { field: "", accountId: (own ?? null) as string | null },
    validate: { accountId: (id) => (id === null ? "Choose an account." : null) },
    changes: [api, kind.path],
    onClose,
    send: async ({ field, accountId }) => {
      onIssued(await kind.make(api, { field, accountId: accountId ?? "" }));
    },
  });
  return (
    <Draft title={`New ${kind.noun}`} verb={`Make the ${kind.noun}`} draft={draft}>
      <TextInput
        label={kind.field.label}
        description={kind.field.description}
        required
        maxLength={200}
        data-autofocus
        {...form.getInputProps("field")}
      />
      <AccountSelect required {...form.getInputProps("accountId")} />
    </Draft>
  );
}

function KeyDeeds({ kind, row, onIssued }: IssuingProps & { readonly row: KeyRow }) {
  const api = useApi();
  const queries = useQueryClient();
  const [deed, setDeed] = useState<"rotate" | "revoke">();
  const run = async () => {
    if (deed === "rotate") onIssued(await kind.rotate(api, row.id));
    else await kind.revoke(api, row.id);
    await queries.invalidateQueries({ queryKey: [api, kind.path] });
  };
  const verb = deed === "rotate" ? "Rotate" : "Revoke";
  return (
    <>
      <Deeds of={row.name}>
        {row.canRotate && <Menu.Item onClick={() => setDeed("rotate")}>Rotate</Menu.Item>}
        <Menu.Item color="red" onClick={() => setDeed("revoke")}>
          Revoke
        </Menu.Item>
      </Deeds>
      <Confirm
        title={`${verb} “${row.name}”?`}
        verb={verb}
        isOpen={deed !== undefined}
        onClose={() => setDeed(undefined)}
        deed={run}
      >
        {deed === "rotate"
          ? "A new secret is shown once. The old one goes on working for a day."
          : "What it signs is refused at once. This cannot be undone."}
      </Confirm>
    </>
  );
}
