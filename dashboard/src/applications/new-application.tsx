import type { IssuedApplication } from "@latchkey/sdk/client";
import { MultiSelect, Select, TagsInput } from "@mantine/core";
import { client } from "../client.ts";
import { AccountSelect } from "../elements/account-select.tsx";
import { Draft, useDraft } from "../elements/draft.tsx";
import { NameInput } from "../elements/name.tsx";
import { useApi, useApiDetail } from "../layout/apis.ts";
import { usePowers } from "../session/session.tsx";

const TYPES = [
  { value: "confidential", label: "Confidential: a server that keeps a secret" },
  { value: "public", label: "Public: an app or a page, keeps no secret" },
];

interface NewApplicationProps {
  readonly onClose: () => void;
  readonly onIssued: (issued: IssuedApplication) => void;
}

/** Registers an application, and hands over its only copy of the secret. */
export function NewApplication({ onClose, onIssued }: NewApplicationProps) {
  const api = useApi();
  const detail = useApiDetail();
  const { accountId: own } = usePowers();
  const { form, draft } = useDraft({
    initialValues: {
      name: "",
      accountId: (own ?? null) as string | null,
      redirectUris: [] as string[],
      scopes: [] as string[],
      type: "confidential" as "confidential" | "public",
    },
    validate: {
      accountId: (id) => (id === null ? "Choose an account." : null),
      redirectUris: (uris) => (uris.length === 0 ? "Name at least one." : null),
    },
    changes: [api, "applications"],
    onClose,
    send: async ({ accountId, ...rest }) => {
      const body = { ...rest, accountId: accountId ?? "" };
      onIssued(await client.createApplication({ api, body }));
    },
  });
  return (
    <Draft title="New application" verb="Register the application" draft={draft}>
      <NameInput description="Users see it when they are asked." {...form.getInputProps("name")} />
      <AccountSelect required {...form.getInputProps("accountId")} />
      <Select label="Type" data={TYPES} allowDeselect={false} {...form.getInputProps("type")} />
      <TagsInput
        label="Redirect URIs"
        description="https, or http on this machine. Press Enter after each."
        placeholder="https://app.example.com/callback"
        required
        maxTags={10}
        {...form.getInputProps("redirectUris")}
      />
      <MultiSelect
        label="Scopes"
        description="What users may be asked to approve."
        data={detail?.scopes.map(({ name }) => name) ?? []}
        searchable
        {...form.getInputProps("scopes")}
      />
    </Draft>
  );
}
