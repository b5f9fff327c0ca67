import { type Static, Type } from "typebox";
import type { Receipt } from "../../accounts/receipt.ts";
import { instant, instantOrNull } from "../instant.ts";
import { Instant, Nullable } from "./base.ts";

/** What is known of a revocation. */
export const RevocationReceipt = Type.Object(
  {
    revokedAt: Instant("When it was first revoked."),
    confirmedAt: Nullable(Instant("When the last verifier had applied it; null: not yet.")),
    boundAt: Instant("After this instant nobody accepts the credential."),
    verifiers: Type.Object({ confirmed: Type.Integer(), pending: Type.Integer() }),
  },
  { $id: "RevocationReceipt" },
);

/** How long whoever ends something waits. */
export const WaitQuery = Type.Object(
  {
    wait: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 30_000,
        description: "Milliseconds to wait for every verifier to confirm.",
      }),
    ),
  },
  { additionalProperties: false },
);

/** The receipt as it goes over the wire. */
export function toReceipt(receipt: Receipt): Static<typeof RevocationReceipt> {
  return {
    revokedAt: instant(receipt.revokedAt),
    confirmedAt: instantOrNull(receipt.confirmedAt),
    boundAt: instant(receipt.boundAt),
    verifiers: receipt.verifiers,
  };
}
