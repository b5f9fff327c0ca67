import type { User } from "@latchkey/sdk/client";
import { Select } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { client } from "../client.ts";
import { AccountSelect } from "../elements/account-select.tsx";
import { Draft } from "../elements/draft.tsx";
import { useApi } from "../layout/apis.ts";
import { useDeed } from "../session/proof.tsx";
import { nameOf, ROLES, type Role } from "./user.ts";

interface MembershipDraftProps {
  readonly user: User;
  readonly onClose: () => void;
}

/** Gives a user a place in one more account, or another role where it has one. */
export function MembershipDraft({ user, onClose }: MembershipDraftProps) {
  const api = useApi();
  const queries = useQueryClient();
  const { attempt, isBusy, error } = useDeed();
  const form = useForm({
    initialValues: { accountId: null as string | null, role: "member" as Role },
    validate: { accountId: (id) => (id === null ? "Choose an account." : null) },
  });
  const save = form.onSubmit(({ accountId, role }) =>
    attempt(async () => {
      await client.addMembership({ api, id: user.id, body: { accountId: accountId ?? "", role } });
      await queries.invalidateQueries({ queryKey: [api, "users"] });
      onClose();
    }),
  );
  return (
    <Draft
      title={`A place for ${nameOf(user)}`}
      verb="Save"
      isOpen
      isBusy={isBusy}
      error={error}
      onClose={onClose}
      onSubmit={save}
    >
      <AccountSelect
        required
        value={form.values.accountId}
        onChange={(accountId) => form.setFieldValue("accountId", accountId)}
        error={form.errors.accountId as string | undefined}
      />
      <Select
        label="Role"
        description="In that account; it replaces the one that the user has there."
        data={ROLES}
        allowDeselect={false}
        {...form.getInputProps("role")}
      />
    </Draft>
  );
}
