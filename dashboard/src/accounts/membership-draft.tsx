import type { User } from "@latchkey/sdk/client";
import { Select } from "@mantine/core";
import { client } from "../client.ts";
import { AccountSelect } from "../elements/account-select.tsx";
import { Draft, useDraft } from "../elements/draft.tsx";
import { useApi } from "../layout/apis.ts";
import { nameOf, ROLES, type Role } from "./user.ts";

interface MembershipDraftProps {
  readonly user: User;
  readonly onClose: () => void;
}

/** Gives a user a place in one more account, or another role where it has one. */
export function MembershipDraft({ user, onClose }: MembershipDraftProps) {
  const api = useApi();
  const { form, draft } = useDraft({
    initialValues: { accountId: null as string | null, role: "member" as Role },
    validate: { accountId: (id) => (id === null ? "Choose an account." : null) },
    changes: [api, "users"],
    onClose,
    send: async ({ accountId, role }) => {
      await client.addMembership({ api, id: user.id, body: { accountId: accountId ?? "", role } });
    },
  });
  return (
    <Draft title={`A place for ${nameOf(user)}`} verb="Save" draft={draft}>
      <AccountSelect required {...form.getInputProps("accountId")} />
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
