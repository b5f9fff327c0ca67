import type { RevocationReceipt, User } from "@latchkey/sdk/client";
import { Select, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../client.ts";
import { Confirm } from "../elements/confirm.tsx";
import { RECEIPT_WAIT_MILLIS, Receipt } from "../elements/receipt.tsx";
import { useApi } from "../layout/apis.ts";
import { nameOf } from "./user.ts";

interface LeaveAccountProps {
  /** `undefined`: the dialog is closed. */
  readonly user: User | undefined;
  readonly onClose: () => void;
}

/** Takes a user out of an account, and says when the last verifier had heard of it. */
export function LeaveAccount({ user, onClose }: LeaveAccountProps) {
  const api = useApi();
  const queries = useQueryClient();
  const [choice, setChoice] = useState<string | null>(null);
  const [receipt, setReceipt] = useState<RevocationReceipt>();
  const places = user?.memberships.map(({ accountId }) => accountId) ?? [];
  const accountId = places.find((each) => each === choice) ?? places[0];
  const leave = async () => {
    if (user === undefined || accountId === undefined) return;
    const params = { api, id: user.id, wait: RECEIPT_WAIT_MILLIS };
    setReceipt(await client.removeMembership({ ...params, body: { accountId } }));
    await queries.invalidateQueries({ queryKey: [api, "users"] });
  };
  return (
    <>
      <Confirm
        title={`Take ${user === undefined ? "the user" : nameOf(user)} out of an account?`}
        verb="Take out"
        isOpen={user !== undefined}
        onClose={onClose}
        deed={leave}
      >
        <Stack>
          <Select
            label="Account"
            data={places}
            value={accountId ?? null}
            onChange={setChoice}
            allowDeselect={false}
          />
          <Text size="sm">
            The user's keys there, and what applications may do there for the user, are refused at
            once. Who is left in no account is signed out. This cannot be undone.
          </Text>
        </Stack>
      </Confirm>
      <Receipt
        title="The user is out of the account"
        receipt={receipt}
        onClose={() => setReceipt(undefined)}
      />
    </>
  );
}
