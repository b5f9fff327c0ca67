import { Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { client } from "../client.ts";
import { AccountSelect } from "../elements/account-select.tsx";
import { Draft } from "../elements/draft.tsx";
import { useApi } from "../layout/apis.ts";
import { useDeed } from "../session/proof.tsx";
import { ROLES, type Role } from "./user.ts";

/** Makes a user of an account; an invitation is a deed of its own. */
export function UserDraft({ onClose }: { readonly onClose: () => void }) {
  const api = useApi();
  const queries = useQueryClient();
  const { attempt, isBusy, error } = useDeed();
  const form = useForm({
    initialValues: {
      name: "",
      email: "",
      accountId: null as string | null,
      role: "member" as Role,
    },
    validate: { accountId: (id) => (id === null ? "Choose an account." : null) },
  });
  const save = form.onSubmit(({ name, email, accountId, role }) =>
    attempt(async () => {
      const person = { name, ...(email !== "" && { email }), role };
      await client.createUser({ api, body: { ...person, accountId: accountId ?? "" } });
      await queries.invalidateQueries({ queryKey: [api, "users"] });
      onClose();
    }),
  );
  return (
    <Draft
      title="New user"
      verb="Make the user"
      isOpen
      isBusy={isBusy}
      error={error}
      onClose={onClose}
      onSubmit={save}
    >
      <TextInput
        label="Name"
        required
        maxLength={200}
        data-autofocus
        {...form.getInputProps("name")}
      />
      <TextInput
        label="E-mail"
        description="Needed to be invited, and to sign in with a password."
        type="email"
        maxLength={254}
        {...form.getInputProps("email")}
      />
      <AccountSelect
        required
        value={form.values.accountId}
        onChange={(accountId) => form.setFieldValue("accountId", accountId)}
        error={form.errors.accountId as string | undefined}
      />
      <Select label="Role" data={ROLES} allowDeselect={false} {...form.getInputProps("role")} />
    </Draft>
  );
}
