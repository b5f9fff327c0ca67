import { Select, TextInput } from "@mantine/core";
import { client } from "../client.ts";
import { AccountSelect } from "../elements/account-select.tsx";
import { Draft, useDraft } from "../elements/draft.tsx";
import { NameInput } from "../elements/name.tsx";
import { useApi } from "../layout/apis.ts";
import { ROLES, type Role } from "./user.ts";

/** Makes a user of an account; an invitation is a deed of its own. */
export function UserDraft({ onClose }: { readonly onClose: () => void }) {
  const api = useApi();
  const { form, draft } = useDraft({
    initialValues: {
      name: "",
      email: "",
      accountId: null as string | null,
      role: "member" as Role,
    },
    validate: { accountId: (id) => (id === null ? "Choose an account." : null) },
    changes: [api, "users"],
    onClose,
    send: async ({ name, email, accountId, role }) => {
      const person = { name, ...(email !== "" && { email }), role };
      await client.createUser({ api, body: { ...person, accountId: accountId ?? "" } });
    },
  });
  return (
    <Draft title="New user" verb="Make the user" draft={draft}>
      <NameInput {...form.getInputProps("name")} />
      <TextInput
        label="E-mail"
        description="Needed to be invited, and to sign in with a password."
        type="email"
        maxLength={254}
        {...form.getInputProps("email")}
      />
      <AccountSelect required {...form.getInputProps("accountId")} />
      <Select label="Role" data={ROLES} allowDeselect={false} {...form.getInputProps("role")} />
    </Draft>
  );
}
