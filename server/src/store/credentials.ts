import type {
  AccessTokenState,
  CredentialState,
  Interval,
  LimitSpec,
  Mode,
  Signing,
} from "@latchkey/engine";
import type { Selectable } from "kysely";
import type { CredentialTable } from "./schema.ts";

/** A row of any kind of credential. */
export type CredentialRow = Selectable<CredentialTable>;

/** What a decision needs of a credential row, and nothing that could be used as one. */
export function toCredentialState(row: StateColumns): CredentialState {
  return {
    id: row.id,
    scheme: row.scheme,
    accountId: row.account_id,
    userId: row.user_id,
    scopes: parseStrings(row.scopes),
    mode: row.mode as Mode,
    allowedIps: parseStrings(row.allowed_ips),
    limits: parseLimits(row.limits),
    signing: row.signing as Signing,
    expiresAt: endOf(row),
    revokedAt: row.revoked_at,
    lineageId: row.lineage_id,
    successorId: row.successor_id,
    rotatedAt: row.rotated_at,
    brownOuts: parseIntervals(row.brown_outs),
    handle: row.handle,
    generation: row.generation,
    applicationId: row.application_id,
    ...(row.token_kind !== null && { token: tokenOf(row, row.token_kind) }),
  };
}

/** What only access tokens have. */
function tokenOf(row: StateColumns, kind: string): AccessTokenState {
  return {
    // Written from one by issueAccessToken.
    kind: kind as AccessTokenState["kind"],
    grantId: row.grant_id,
    boundKey: row.bound_key,
    origins: row.origins === null ? null : parseStrings(row.origins),
  };
}

/** When it stops working without being revoked: at its expiry or its overlap's end, or never. */
export function endOf(row: Pick<CredentialRow, "expires_at" | "overlap_ends_at">): number | null {
  if (row.expires_at === null) return row.overlap_ends_at;
  if (row.overlap_ends_at === null) return row.expires_at;
  return Math.min(row.expires_at, row.overlap_ends_at);
}

/** Whether it still works at this instant; one that ends at this very instant does not. */
export function isLive(row: CredentialRow, at: number): boolean {
  const end = endOf(row);
  return row.revoked_at === null && (end === null || end > at);
}

/** Columns `scopes` and `allowed_ips`, as this store wrote them. */
export function parseStrings(json: string): readonly string[] {
  return JSON.parse(json) as readonly string[];
}

/** Column `limits`, as this store wrote it. */
export function parseLimits(json: string | null): readonly LimitSpec[] | null {
  return json === null ? null : (JSON.parse(json) as readonly LimitSpec[]);
}

/** Column `brown_outs`, as this store wrote it. */
export function parseIntervals(json: string): readonly Interval[] {
  return JSON.parse(json) as readonly Interval[];
}

/** What `toCredentialState` reads. */
export const STATE_COLUMNS = [
  "id",
  "scheme",
  "account_id",
  "user_id",
  "scopes",
  "mode",
  "allowed_ips",
  "limits",
  "signing",
  "expires_at",
  "overlap_ends_at",
  "revoked_at",
  "lineage_id",
  "successor_id",
  "rotated_at",
  "brown_outs",
  "handle",
  "generation",
  "application_id",
  "grant_id",
  "token_kind",
  "bound_key",
  "origins",
] as const satisfies readonly (keyof CredentialRow)[];
export type StateColumns = Pick<CredentialRow, (typeof STATE_COLUMNS)[number]>;
