import type { IssuedOperatorToken, OperatorToken } from "@latchkey/sdk/client";
import { Button, Group, MultiSelect, Select, Stack } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../client.ts";
import { Confirm } from "../elements/confirm.tsx";
import { Draft, useDraft } from "../elements/draft.tsx";
import { Name, NameInput } from "../elements/name.tsx";
import { usePages } from "../elements/pages.ts";
import { Rows } from "../elements/rows.tsx";
import { Secrets } from "../elements/secret.tsx";
import { Status } from "../elements/status.tsx";
import { Time } from "../elements/time.tsx";
import { IconPlus } from "../icons.ts";
import { useApiSlugs } from "../layout/apis.ts";

const ROLES = [
  { value: "viewer", label: "Viewer: reads" },
  { value: "verifier", label: "Verifier: asks for decisions" },
  { value: "admin", label: "Admin: changes all but operators" },
  { value: "owner", label: "Owner: everything" },
];

/** What programs call the management API with. */
export function OperatorTokens() {
  const queries = useQueryClient();
  const [isMaking, setMaking] = useState(false);
  const [ending, setEnding] = useState<OperatorToken>();
  const [issued, setIssued] = useState<IssuedOperatorToken>();
  const pages = usePages(["operator-tokens"], (cursor, signal) =>
    client.listOperatorTokens({ limit: 25, cursor }, { signal }),
  );
  const revoke = async () => {
    if (ending !== undefined) await client.revokeOperatorToken({ id: ending.id });
    await queries.invalidateQueries({ queryKey: ["operator-tokens"] });
  };
  return (
    <Stack gap="sm">
      <Group justify="flex-end">
        <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
          New token
        </Button>
      </Group>
      <Rows
        label="Operator tokens"
        pages={pages}
        keyOf={({ id }) => id}
        empty="There is no token but the one of the environment. Make one for each program, with the least role that does."
        columns={[
          {
            head: "Name",
            cell: ({ name }) => <Name>{name}</Name>,
          },
          { head: "Role", cell: ({ role }) => role },
          { head: "APIs", cell: ({ apis }) => apis?.join(", ") ?? "all" },
          {
            head: "Status",
            cell: ({ revokedAt }) => <Status of={revokedAt === null ? "active" : "revoked"} />,
          },
          { head: "Made", cell: ({ createdAt }) => <Time at={createdAt} /> },
          {
            head: "Deeds",
            isQuiet: true,
            align: "right",
            cell: (token) =>
              token.revokedAt === null && (
                <Button
                  size="xs"
                  variant="light"
                  color="red"
                  aria-label={`Revoke ${token.name}`}
                  onClick={() => setEnding(token)}
                >
                  Revoke
                </Button>
              ),
          },
        ]}
      />
      {isMaking && <NewToken onClose={() => setMaking(false)} onIssued={setIssued} />}
      <Confirm
        title={`Revoke “${ending?.name}”?`}
        verb="Revoke the token"
        isOpen={ending !== undefined}
        onClose={() => setEnding(undefined)}
        deed={revoke}
      >
        Whatever uses it is refused at once. This cannot be undone.
      </Confirm>
      <Secrets
        title="The new token"
        secrets={
          issued && [{ label: issued.name, value: issued.token, fileName: `${issued.id}.txt` }]
        }
        onClose={() => setIssued(undefined)}
      />
    </Stack>
  );
}

interface NewTokenProps {
  readonly onClose: () => void;
  readonly onIssued: (issued: IssuedOperatorToken) => void;
}

function NewToken({ onClose, onIssued }: NewTokenProps) {
  const slugs = useApiSlugs() ?? [];
  const { form, draft } = useDraft({
    initialValues: { name: "", role: "viewer" as OperatorToken["role"], apis: [] as string[] },
    changes: ["operator-tokens"],
    onClose,
    send: async ({ apis, ...rest }) => {
      const body = { ...rest, ...(apis.length > 0 && { apis }) };
      onIssued(await client.issueOperatorToken({ body }));
    },
  });
  return (
    <Draft title="New operator token" verb="Make the token" draft={draft}>
      <NameInput description="Which program uses it." {...form.getInputProps("name")} />
      <Select label="Role" data={ROLES} allowDeselect={false} {...form.getInputProps("role")} />
      <MultiSelect
        label="APIs"
        description="Every API when none is named."
        data={[...slugs]}
        {...form.getInputProps("apis")}
      />
    </Draft>
  );
}
