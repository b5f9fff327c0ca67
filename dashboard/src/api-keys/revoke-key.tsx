import type { ApiKey, RevocationReceipt } from "@latchkey/sdk/client";
import { Button, Modal, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { client } from "../client.ts";
import { Confirm } from "../elements/confirm.tsx";
import { useApi } from "../layout/apis.ts";

interface RevokeKeyProps {
  readonly apiKey: ApiKey;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onRevoked: () => Promise<void>;
}

const WAIT_MILLIS = 2_000;

/** Ends a key, and says when the last verifier had heard of it. */
export function RevokeKey({ apiKey, isOpen, onClose, onRevoked }: RevokeKeyProps) {
  const api = useApi();
  const [receipt, setReceipt] = useState<RevocationReceipt>();
  const revoke = async () => {
    setReceipt(await client.revokeApiKey({ api, id: apiKey.id, wait: WAIT_MILLIS }));
    await onRevoked();
  };
  return (
    <>
      <Confirm
        title={`Revoke “${apiKey.name}”?`}
        verb="Revoke the key"
        isOpen={isOpen}
        onClose={onClose}
        deed={revoke}
      >
        Whoever uses it is refused at once. This cannot be undone; to exchange it without an
        interruption, rotate it instead.
      </Confirm>
      <Modal
        opened={receipt !== undefined}
        onClose={() => setReceipt(undefined)}
        title="The key is revoked"
      >
        {receipt !== undefined && <Receipt receipt={receipt} />}
        <Button mt="md" onClick={() => setReceipt(undefined)}>
          Done
        </Button>
      </Modal>
    </>
  );
}

function Receipt({ receipt }: { readonly receipt: RevocationReceipt }) {
  const { revokedAt, confirmedAt, boundAt, verifiers } = receipt;
  return (
    <Stack gap="xs" role="status">
      <Text size="sm">
        Revoked at <time dateTime={revokedAt}>{clockTime(revokedAt)}</time>.
      </Text>
      {confirmedAt === null ? (
        <Text size="sm">
          {verifiers.pending} of {verifiers.pending + verifiers.confirmed} verifiers have not
          answered; none accepts it after <time dateTime={boundAt}>{clockTime(boundAt)}</time>.
        </Text>
      ) : (
        <Text size="sm">
          The last verifier had applied it at{" "}
          <time dateTime={confirmedAt}>{clockTime(confirmedAt)}</time>. Nobody accepts it any more.
        </Text>
      )}
    </Stack>
  );
}

const precise = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
});

function clockTime(at: string): string {
  return precise.format(new Date(at));
}
