import type { ApiKey, RevocationReceipt } from "@latchkey/sdk/client";
import { useState } from "react";
import { client } from "../client.ts";
import { Confirm } from "../elements/confirm.tsx";
import { RECEIPT_WAIT_MILLIS, Receipt } from "../elements/receipt.tsx";
import { useApi } from "../layout/apis.ts";

interface RevokeKeyProps {
  readonly apiKey: ApiKey;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onRevoked: () => Promise<void>;
}

/** Ends a key, and says when the last verifier had heard of it. */
export function RevokeKey({ apiKey, isOpen, onClose, onRevoked }: RevokeKeyProps) {
  const api = useApi();
  const [receipt, setReceipt] = useState<RevocationReceipt>();
  const revoke = async () => {
    setReceipt(await client.revokeApiKey({ api, id: apiKey.id, wait: RECEIPT_WAIT_MILLIS }));
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
      <Receipt title="The key is revoked" receipt={receipt} onClose={() => setReceipt(undefined)} />
    </>
  );
}
