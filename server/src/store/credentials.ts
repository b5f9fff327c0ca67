import type {
  AccessTokenState,
  AccountState,
  CredentialState,
  Interval,
  LimitSpec,
  Mode,
  Signing,
} from "@latchkey/engine";
import type { CompiledQuery, Kysely, Selectable } from "kysely";
import { sql } from "kysely";
import { toAccountState } from "./accounts.ts";
import type { Ask } from "./ask.ts";
import { parseMaterial, type StoredMaterial } from "./material.ts";
import type { AccountTable, CredentialTable, Tables } from "./schema.ts";

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

const STATE_COLUMNS = [
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
type StateColumns = Pick<CredentialRow, (typeof STATE_COLUMNS)[number]>;

/** Same as the store's `Resolution`. */
interface Resolved {
  readonly asOf: number;
  readonly credential: CredentialState | undefined;
  readonly account: AccountState | undefined;
  readonly material: StoredMaterial | undefined;
}

/** Reading side of credentials of any kind. */
export function credentialReads(db: Kysely<Tables>, ask: Ask) {
  const query = resolveQuery(db);
  return {
    resolve: (api: string, scheme: string, digest: Uint8Array) =>
      ask(async (): Promise<Resolved> => {
        const { rows } = await db.executeQuery(query({ api, digest }));
        const [row] = rows;
        // Not in the query: without statistics PostgreSQL would take the index that has the scheme.
        if (row?.id == null || row.scheme !== scheme) {
          const nothing = { credential: undefined, account: undefined, material: undefined };
          return { asOf: row?.head ?? 0, ...nothing };
        }
        return {
          asOf: row.head ?? 0,
          // Present together: the join found the credential, and its account is a foreign key.
          credential: toCredentialState(row as unknown as StateColumns),
          account: toAccountState(accountColumns(row)),
          material: parseMaterial(row.material as string | null),
        };
      }),
  };
}

type ResolveParameters = Readonly<{ api: string; digest: Uint8Array }>;
type ResolveRow = Readonly<{ head: number | null } & Record<string, string | number | null>>;

/**
 * Head, credential and account in one statement, so in one snapshot. It is compiled once: printing
 * the SQL costs more than SQLite takes to answer it.
 */
function resolveQuery(db: Kysely<Tables>) {
  const marks = { api: "api", digest: new Uint8Array() } as const;
  const compiled = db
    .selectFrom(sql<{ one: number }>`(select 1 as one)`.as("here"))
    .leftJoin("credential as c", (join) =>
      join.on("c.api", "=", marks.api).on("c.digest", "=", marks.digest),
    )
    .leftJoin("account as a", (join) =>
      join.onRef("a.api", "=", "c.api").onRef("a.id", "=", "c.account_id"),
    )
    .select((eb) =>
      eb.selectFrom("change_head").select("seq").where("api", "=", marks.api).as("head"),
    )
    .select(STATE_COLUMNS.map((column) => `c.${column}` as const))
    .select("c.material")
    .select([
      "a.kind as account_kind",
      "a.parent_id as account_parent_id",
      "a.plan as account_plan",
      "a.suspended_at as account_suspended_at",
    ])
    .compile();
  return (values: ResolveParameters): CompiledQuery<ResolveRow> => ({
    ...compiled,
    parameters: compiled.parameters.map((mark) =>
      mark === marks.digest ? values.digest : values.api,
    ),
  });
}

function accountColumns(row: ResolveRow): Selectable<AccountTable> {
  return {
    id: row.account_id,
    kind: row.account_kind,
    parent_id: row.account_parent_id,
    plan: row.account_plan,
    suspended_at: row.account_suspended_at,
  } as Selectable<AccountTable>;
}
