import { type AccountState, type CredentialState, gathered, type Waiting } from "@latchkey/engine";
import { type CompiledQuery, type Kysely, type Selectable, sql } from "kysely";
import { toAccountState } from "./accounts.ts";
import type { Ask } from "./ask.ts";
import type { Backend } from "./backend.ts";
import { STATE_COLUMNS, type StateColumns, toCredentialState } from "./credentials.ts";
import { parseMaterial, type StoredMaterial } from "./material.ts";
import type { AccountTable, Tables } from "./schema.ts";

/** Same as the store's `Resolution`. */
interface Resolved {
  readonly asOf: number;
  readonly credential: CredentialState | undefined;
  readonly account: AccountState | undefined;
  readonly material: StoredMaterial | undefined;
}

interface Asked {
  readonly api: string;
  readonly scheme: string;
  readonly digest: Uint8Array;
}

type Read = (asked: Asked) => Promise<Resolved>;

const MOST_TOGETHER = 64;

/**
 * Reading side of credentials of any kind. On PostgreSQL, where the way there and back costs more
 * than the look-up, what is asked in one turn of the event loop goes there in one statement.
 */
export function credentialReads(db: Kysely<Tables>, ask: Ask, kind: Backend["kind"]) {
  const readOne = oneByOne(db, ask);
  const read = kind === "postgres" ? together(db, ask, readOne) : readOne;
  return {
    resolve: (api: string, scheme: string, digest: Uint8Array) => read({ api, scheme, digest }),
  };
}

function oneByOne(db: Kysely<Tables>, ask: Ask): Read {
  const query = resolveQuery(db);
  return (asked) =>
    ask(async () => {
      const { rows } = await db.executeQuery(query(asked));
      return toResolved(asked, rows[0]);
    });
}

function together(db: Kysely<Tables>, ask: Ask, readOne: Read): Read {
  const query = resolveAllQuery(db);

  async function serve(waiting: readonly Waiting<Asked, Resolved>[]): Promise<void> {
    const [first] = waiting;
    if (first === undefined) return;
    const { api } = first.question;
    try {
      if (waiting.length === 1) {
        first.answered.resolve(await readOne(first.question));
        return;
      }
      const digests = waiting.map(({ question }) => question.digest);
      const { rows } = await ask(() => db.executeQuery(query({ api, digests })));
      // Numbered from one, and in no particular order.
      const byNumber = new Map(rows.map((row) => [row.number, row]));
      for (const [i, { question, answered }] of waiting.entries()) {
        answered.resolve(toResolved(question, byNumber.get(i + 1)));
      }
    } catch (error) {
      for (const { answered } of waiting) answered.reject(error);
    }
  }

  return gathered(MOST_TOGETHER, (waiting) => {
    for (const ofApi of Map.groupBy(waiting, ({ question }) => question.api).values()) {
      void serve(ofApi);
    }
  });
}

function toResolved({ scheme }: Asked, row: ResolveRow | undefined): Resolved {
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
}

type ResolveRow = Readonly<{ head: number | null } & Record<string, string | number | null>>;
type NumberedRow = ResolveRow & { readonly number: number };

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
  return ({ api, digest }: Pick<Asked, "api" | "digest">): CompiledQuery<ResolveRow> => ({
    ...compiled,
    parameters: compiled.parameters.map((mark) => (mark === marks.digest ? digest : api)),
  });
}

/** The same of many digests, each by the index whatever PostgreSQL thinks of their number. */
function resolveAllQuery(db: Kysely<Tables>) {
  const api = "api";
  const digests: readonly Uint8Array[] = [];
  const columns = STATE_COLUMNS.map((column) => sql.ref(`c.${column}`));
  const compiled = sql<NumberedRow>`
    select asked.number, (select seq from change_head where api = ${api}) as head,
      ${sql.join(columns)}, c.material, a.kind as account_kind,
      a.parent_id as account_parent_id, a.plan as account_plan,
      a.suspended_at as account_suspended_at
    from unnest(${digests}::bytea[]) with ordinality as asked (digest, number)
    left join lateral (
      select * from credential where api = ${api} and digest = asked.digest limit 1
    ) as c on true
    left join account as a on a.api = c.api and a.id = c.account_id`.compile(db);
  return (values: {
    readonly api: string;
    readonly digests: readonly Uint8Array[];
  }): CompiledQuery<NumberedRow> => ({
    ...compiled,
    parameters: compiled.parameters.map((mark) => (mark === digests ? values.digests : values.api)),
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
