import type { RevocationReceipt } from "@latchkey/sdk/client";
import { Button, Modal, Stack, Text } from "@mantine/core";
import { useReturnedFocus } from "./returned-focus.ts";

interface ReceiptProps {
  readonly title: string;
  /** `undefined`: the dialog is closed. */
  readonly receipt: RevocationReceipt | undefined;
  readonly onClose: () => void;
}

/** How long a deed that ends something may wait for the verifiers, so that the receipt is whole. */
export const RECEIPT_WAIT_MILLIS = 2_000;

/** Says when something ended, and when the last verifier had heard of it. */
export function Receipt({ title, receipt, onClose }: ReceiptProps) {
  useReturnedFocus(receipt !== undefined);
  return (
    <Modal opened={receipt !== undefined} onClose={onClose} title={title}>
      {receipt !== undefined && <Times receipt={receipt} />}
      <Button mt="md" onClick={onClose}>
        Done
      </Button>
    </Modal>
  );
}

function Times({ receipt }: { readonly receipt: RevocationReceipt }) {
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
