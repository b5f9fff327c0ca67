import type { Application, IssuedApplication } from "@latchkey/sdk/client";
import { Button, Group, Menu, Stack } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../client.ts";
import { AccountSelect } from "../elements/account-select.tsx";
import { Confirm } from "../elements/confirm.tsx";
import { Deeds } from "../elements/deeds.tsx";
import { useKept } from "../elements/kept.ts";
import { Id } from "../elements/mono.tsx";
import { Name } from "../elements/name.tsx";
import { Page } from "../elements/page.tsx";
import { usePages } from "../elements/pages.ts";
import { Rows } from "../elements/rows.tsx";
import { type Secret, Secrets } from "../elements/secret.tsx";
import { Status } from "../elements/status.tsx";
import { Time } from "../elements/time.tsx";
import { IconPlus } from "../icons.ts";
import { useApi } from "../layout/apis.ts";
import { usePowers } from "../session/session.tsx";
import { EditApplication } from "./edit-application.tsx";
import { NewApplication } from "./new-application.tsx";

/** OAuth clients, and the clients of platforms. */
export function ApplicationsPage() {
  const api = useApi();
  const { mayWrite } = usePowers();
  const [accountId, setAccountId] = useKept<string | null>("account", null);
  const [isMaking, setMaking] = useState(false);
  const [editing, setEditing] = useState<Application>();
  const [issued, setIssued] = useState<IssuedApplication>();
  const pages = usePages([api, "applications", accountId], (cursor, signal) =>
    client.listApplications(
      { api, limit: 25, cursor, accountId: accountId ?? undefined },
      { signal },
    ),
  );
  return (
    <Page
      title="Applications"
      about="Programs of others that act for users of the API, once these have approved them."
      deeds={
        mayWrite("applications") && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
            New application
          </Button>
        )
      }
    >
      <Stack gap="sm">
        <Group>
          <AccountSelect isFilter value={accountId} onChange={setAccountId} />
        </Group>
        <Rows
          label="Applications"
          pages={pages}
          keyOf={({ id }) => id}
          empty={
            accountId === null
              ? "There are no applications yet. One that is registered gets a client id, and asks users to approve it."
              : "This account has no application."
          }
          columns={[
            {
              head: "Name",
              cell: ({ name }) => <Name>{name}</Name>,
            },
            { head: "Client id", cell: ({ clientId }) => <Id>{clientId}</Id> },
            { head: "Status", cell: (each) => <Status of={statusOf(each)} /> },
            { head: "Type", cell: ({ kind, type }) => `${kind}, ${type}` },
            {
              head: "Secret",
              cell: ({ secrets }) =>
                secrets.length === 0 ? (
                  "–"
                ) : (
                  <span className="mono">
                    {secrets.map(({ lastFour }) => `…${lastFour}`).join(", ")}
                  </span>
                ),
            },
            { head: "Made", cell: ({ createdAt }) => <Time at={createdAt} /> },
            {
              head: "Deeds",
              isQuiet: true,
              align: "right",
              cell: (application) =>
                application.revokedAt === null &&
                mayWrite("applications") && (
                  <ApplicationDeeds
                    application={application}
                    onEdit={() => setEditing(application)}
                    onIssued={setIssued}
                  />
                ),
            },
          ]}
        />
      </Stack>
      {isMaking && <NewApplication onClose={() => setMaking(false)} onIssued={setIssued} />}
      {editing !== undefined && (
        <EditApplication application={editing} onClose={() => setEditing(undefined)} />
      )}
      <Secrets
        title="The application's secret"
        secrets={issued === undefined ? undefined : secretsOf(issued)}
        onClose={() => setIssued(undefined)}
      />
    </Page>
  );
}

function statusOf({ revokedAt, status }: Application): string {
  return revokedAt === null ? status : "revoked";
}

/** A public application has none, and its id alone is shown. */
function secretsOf({ clientId, clientSecret }: IssuedApplication): readonly Secret[] {
  const id = { label: "Client id", value: clientId, fileName: `${clientId}.txt` };
  if (clientSecret === undefined) return [id];
  const fileName = `${clientId}-secret.txt`;
  return [id, { label: "Client secret", value: clientSecret, fileName }];
}

type Deed = "verify" | "reject" | "rotate" | "revoke";

const WORDS: Readonly<Record<Deed, { readonly verb: string; readonly effect: string }>> = {
  verify: { verb: "Verify", effect: "Users may approve it, and what it sends is accepted." },
  reject: { verb: "Reject", effect: "What it sends is refused until it is verified." },
  rotate: {
    verb: "Rotate the secret",
    effect: "A new secret is shown once. The old one goes on working for a day.",
  },
  revoke: {
    verb: "Revoke",
    effect: "It ends with every approval and token it has. This cannot be undone.",
  },
};

interface ApplicationDeedsProps {
  readonly application: Application;
  readonly onEdit: () => void;
  readonly onIssued: (issued: IssuedApplication) => void;
}

function ApplicationDeeds({ application, onEdit, onIssued }: ApplicationDeedsProps) {
  const api = useApi();
  const queries = useQueryClient();
  const { isOperator } = usePowers();
  const [deed, setDeed] = useState<Deed>();
  const { id, name, status, type } = application;
  const run = async () => {
    if (deed === "verify") await client.verifyApplication({ api, id });
    if (deed === "reject") await client.rejectApplication({ api, id });
    if (deed === "revoke") await client.revokeApplication({ api, id });
    if (deed === "rotate") onIssued(await client.rotateApplication({ api, id }));
    await queries.invalidateQueries({ queryKey: [api, "applications"] });
  };
  const words = WORDS[deed ?? "verify"];
  return (
    <>
      <Deeds of={name}>
        <Menu.Item onClick={onEdit}>Edit</Menu.Item>
        {isOperator && status !== "verified" && (
          <Menu.Item onClick={() => setDeed("verify")}>Verify</Menu.Item>
        )}
        {isOperator && status !== "rejected" && (
          <Menu.Item onClick={() => setDeed("reject")}>Reject</Menu.Item>
        )}
        {type === "confidential" && (
          <Menu.Item onClick={() => setDeed("rotate")}>Rotate the secret</Menu.Item>
        )}
        <Menu.Item color="red" onClick={() => setDeed("revoke")}>
          Revoke
        </Menu.Item>
      </Deeds>
      <Confirm
        title={`${words.verb}: “${name}”`}
        verb={words.verb}
        isHarmless={deed === "verify"}
        isOpen={deed !== undefined}
        onClose={() => setDeed(undefined)}
        deed={run}
      >
        {words.effect}
      </Confirm>
    </>
  );
}
