import type { Operator } from "@latchkey/sdk/client";
import { Button, Group, Menu, MultiSelect, Select, Stack, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../client.ts";
import { Confirm } from "../elements/confirm.tsx";
import { Deeds } from "../elements/deeds.tsx";
import { Draft, useDraft } from "../elements/draft.tsx";
import { InvitationLink, Invite, noteSent } from "../elements/invite.tsx";
import { Name, NameInput } from "../elements/name.tsx";
import { usePages } from "../elements/pages.ts";
import { Rows } from "../elements/rows.tsx";
import { Status } from "../elements/status.tsx";
import { Time } from "../elements/time.tsx";
import { IconPlus } from "../icons.ts";
import { useApiSlugs } from "../layout/apis.ts";

const ROLES = [
  { value: "viewer", label: "Viewer: reads" },
  { value: "admin", label: "Admin: changes all but operators" },
  { value: "owner", label: "Owner: everything" },
];
const LIST = ["operators"];

/** People who run the installation, invited by mail or by a link. */
export function OperatorPeople() {
  const queries = useQueryClient();
  const [draft, setDraft] = useState<Operator | "new">();
  const [leaving, setLeaving] = useState<Operator>();
  const [link, setLink] = useState<string>();
  const pages = usePages(LIST, (cursor, signal) =>
    client.listOperators({ limit: 25, cursor }, { signal }),
  );
  const remove = async () => {
    if (leaving !== undefined) await client.removeOperator({ id: leaving.id });
    await queries.invalidateQueries({ queryKey: LIST });
  };
  return (
    <Stack gap="sm">
      <Group justify="flex-end">
        <Button leftSection={<IconPlus size={16} />} onClick={() => setDraft("new")}>
          Invite somebody
        </Button>
      </Group>
      <Rows
        label="People"
        pages={pages}
        keyOf={({ id }) => id}
        empty="There is nobody yet."
        columns={[
          {
            head: "Name",
            cell: ({ name }) => <Name>{name}</Name>,
          },
          { head: "E-mail", cell: ({ email }) => email },
          { head: "Role", cell: ({ role }) => role },
          { head: "APIs", cell: ({ apis }) => apis?.join(", ") ?? "all" },
          {
            head: "Status",
            cell: ({ active }) => <Status of={active ? "active" : "invited"} />,
          },
          { head: "Invited", cell: ({ createdAt }) => <Time at={createdAt} /> },
          {
            head: "Deeds",
            isQuiet: true,
            align: "right",
            cell: (person) => (
              <PersonDeeds
                person={person}
                onEdit={() => setDraft(person)}
                onRemove={() => setLeaving(person)}
              />
            ),
          },
        ]}
      />
      {draft !== undefined && (
        <PersonDraft
          {...(draft !== "new" && { person: draft })}
          onClose={() => setDraft(undefined)}
          onLink={setLink}
        />
      )}
      <Confirm
        title={`Remove ${leaving?.name}?`}
        verb="Remove"
        isOpen={leaving !== undefined}
        onClose={() => setLeaving(undefined)}
        deed={remove}
      >
        Their sessions end at once. What they did stays in the record.
      </Confirm>
      <InvitationLink link={link} onClose={() => setLink(undefined)} />
    </Stack>
  );
}

interface PersonDeedsProps {
  readonly person: Operator;
  readonly onEdit: () => void;
  readonly onRemove: () => void;
}

function PersonDeeds({ person, onEdit, onRemove }: PersonDeedsProps) {
  const { id, name, email, active } = person;
  const [isInviting, setInviting] = useState(false);
  return (
    <>
      <Deeds of={name}>
        <Menu.Item onClick={onEdit}>Edit</Menu.Item>
        {!active && <Menu.Item onClick={() => setInviting(true)}>Invite once more</Menu.Item>}
        <Menu.Item color="red" onClick={onRemove}>
          Remove
        </Menu.Item>
      </Deeds>
      <Invite
        name={name}
        email={email}
        isOpen={isInviting}
        onClose={() => setInviting(false)}
        send={() => client.inviteOperator({ id })}
      />
    </>
  );
}

interface PersonDraftProps {
  readonly person?: Operator;
  readonly onClose: () => void;
  /** Told the invitation, where no mail carries it. */
  readonly onLink: (link: string) => void;
}

function PersonDraft({ person, onClose, onLink }: PersonDraftProps) {
  const slugs = useApiSlugs() ?? [];
  const { form, draft } = useDraft({
    initialValues: {
      name: person?.name ?? "",
      email: person?.email ?? "",
      role: person?.role ?? ("viewer" as Operator["role"]),
      apis: [...(person?.apis ?? [])],
    },
    changes: LIST,
    onClose,
    send: async ({ email, apis, ...rest }) => {
      const body = { ...rest, apis: apis.length > 0 ? apis : null };
      if (person === undefined) {
        const { link } = await client.createOperator({ body: { ...body, email } });
        if (link !== undefined) onLink(link);
        else noteSent(email);
      } else {
        await client.updateOperator({ id: person.id, body });
      }
    },
  });
  return (
    <Draft
      title={person === undefined ? "Invite somebody" : "Edit the operator"}
      verb={person === undefined ? "Invite" : "Save"}
      draft={draft}
    >
      <NameInput {...form.getInputProps("name")} />
      <TextInput
        label="E-mail"
        type="email"
        required
        maxLength={254}
        disabled={person !== undefined}
        {...form.getInputProps("email")}
      />
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
