import type { LimitSpec } from "@latchkey/engine";
import type { Millis } from "./records.ts";

/** What a customer can ask the operator for. */
export const REQUEST_KINDS = ["limit", "verification"] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

/** `open` until the operator has decided, which happens once. */
export const REQUEST_STATUSES = ["open", "approved", "declined"] as const;
export type RequestStatus = (typeof REQUEST_STATUSES)[number];
export type Verdict = Exclude<RequestStatus, "open">;

/** In the customer's words, or with members; those named here are carried out on approval. */
export type RequestDetail =
  | string
  | {
      /** `verification`: which application of the account becomes verified. */
      readonly applicationId?: string;
      /** `limit`: which API key of the account gets the `limits`. */
      readonly credentialId?: string;
      readonly limits?: readonly LimitSpec[];
      readonly [member: string]: unknown;
    };

/** What a customer asked the operator for, and what became of it. */
export interface RequestRecord {
  readonly id: string;
  readonly accountId: string;
  readonly kind: RequestKind;
  readonly detail: RequestDetail;
  readonly status: RequestStatus;
  /** What the operator said to it. */
  readonly note: string | null;
  readonly createdAt: Millis;
  readonly decidedAt: Millis | null;
}
