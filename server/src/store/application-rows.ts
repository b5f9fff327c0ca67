import { ApiError } from "@latchkey/engine";
import type { Kysely, Selectable } from "kysely";
import {
  type AccessTokenFormat,
  type ApplicationKind,
  type ApplicationRecord,
  type ApplicationSettings,
  type ApplicationStatus,
  type ApplicationType,
  type LogoutRules,
  NO_LOGOUT,
  type PkceRule,
  pkceUnlessChosen,
} from "./application-record.ts";
import { isUnder } from "./ceiling.ts";
import { digestMaterial, type NewSecret, parseDigests, toClientSecret } from "./client-secrets.ts";
import { insertCredential } from "./credential-rows.ts";
import { type CredentialRow, parseStrings, toCredentialState } from "./credentials.ts";
import type { StoredDigest } from "./material.ts";
import type { ApplicationTable, Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

/** The two rows of one application. */
export interface ApplicationRows {
  readonly application: Selectable<ApplicationTable>;
  readonly credential: CredentialRow;
}

/** An application that is about to be written. */
export interface NewApplication
  extends Omit<ApplicationRecord, "secrets" | "createdAt" | "revokedAt"> {
  /** SHA-256 of the id, by which requests name it. */
  readonly digest: Uint8Array;
  /** `null`: it keeps none. */
  readonly secret: NewSecret | null;
}

/** With `accountId`, applications of any other account do not exist. */
export interface NamedApplication {
  readonly id: string;
  readonly accountId?: string | undefined;
}

/** What may change of an application; what is left out stays as it is. */
export interface ApplicationUpdate {
  /** For `rejected` and back there is more to do: `setApplicationStatus`. */
  readonly status?: "pending" | undefined;
  readonly name?: string | undefined;
  readonly redirectUris?: readonly string[] | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly permissions?: readonly string[] | undefined;
  readonly accessTokenFormat?: AccessTokenFormat | undefined;
  readonly pkce?: PkceRule | undefined;
  readonly logo?: string | null | undefined;
  readonly homePage?: string | null | undefined;
  readonly settings?: ApplicationSettings | undefined;
  readonly logout?: LogoutRules | undefined;
}

/** Each proves itself elsewhere: a platform's secret opens an API, an OAuth client's only tokens. */
const SCHEMES: Readonly<Record<ApplicationKind, string>> = {
  platform: "client-secret-headers",
  oauth: "client-secret",
};

/** Writes both rows. A taken id rejects: ids are random, so that is a bug. */
export async function insertApplication(
  tx: Transaction,
  input: NewApplication,
  digests: readonly StoredDigest[],
): Promise<ApplicationRows> {
  const { api, at } = tx.context;
  const { id, accountId, name, kind, status, permissions } = input;
  const application = await tx.db
    .insertInto("application")
    .values({
      api,
      id,
      account_id: accountId,
      name,
      kind,
      type: input.type,
      redirect_uris: JSON.stringify(input.redirectUris),
      scopes: JSON.stringify(input.scopes),
      permissions: JSON.stringify(permissions),
      access_token_format: input.accessTokenFormat,
      status,
      logo: input.logo,
      home_page: input.homePage,
      settings: JSON.stringify({ ...input.settings, pkce: input.pkce, logout: input.logout }),
      created_at: at,
      deleted_at: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  const credential = await insertCredential(tx, {
    id,
    scheme: SCHEMES[kind],
    account_id: accountId,
    user_id: null,
    name,
    digest: input.digest,
    handle: id,
    material: digestMaterial(digests),
    prefix: "",
    last_four: "",
    scopes: JSON.stringify(permissions),
    mode: "live",
    allowed_ips: "[]",
    limits: null,
    signing: "off",
    lineage_id: id,
    application_id: id,
    expires_at: status === "rejected" ? at : null,
  });
  if (credential === undefined) throw new Error(`the random id ${id} is taken`);
  return { application, credential };
}

/** Reads an application that no other transaction changes before this one ends; else `NOT_FOUND`. */
export async function lockApplication(
  tx: Transaction,
  { id, accountId }: NamedApplication,
): Promise<ApplicationRows> {
  const { api, ceiling } = tx.context;
  // `for update` is a syntax error on SQLite; an update that changes nothing locks on both.
  const application = await tx.db
    .updateTable("application")
    .set((eb) => ({ id: eb.ref("id") }))
    .where("api", "=", api)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
  const isNamed = accountId === undefined || application?.account_id === accountId;
  if (application === undefined || !isNamed || !isUnder(ceiling, application.account_id)) {
    throw new ApiError("NOT_FOUND", "There is no such application.");
  }
  const credential = await tx.db
    .updateTable("credential")
    .set((eb) => ({ id: eb.ref("id") }))
    .where("api", "=", api)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirstOrThrow();
  return { application, credential };
}

/** Changes what is named in the application's own row. */
export function updateApplicationRow(
  tx: Transaction,
  row: Selectable<ApplicationTable>,
  changes: Omit<ApplicationUpdate, "status"> & {
    status?: ApplicationStatus | undefined;
    deletedAt?: number;
  },
): Promise<Selectable<ApplicationTable>> {
  const { redirectUris, scopes, permissions } = changes;
  const columns = {
    name: changes.name,
    redirect_uris: redirectUris && JSON.stringify(redirectUris),
    scopes: scopes && JSON.stringify(scopes),
    permissions: permissions && JSON.stringify(permissions),
    access_token_format: changes.accessTokenFormat,
    logo: changes.logo,
    home_page: changes.homePage,
    settings: settingsColumn(row, changes),
    status: changes.status,
    deleted_at: changes.deletedAt,
  };
  const named = Object.entries(columns).filter(([, value]) => value !== undefined);
  return tx.db
    .updateTable("application")
    .set(Object.fromEntries(named))
    .where("api", "=", row.api)
    .where("id", "=", row.id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Column `settings`: what the API wants to know, and beside it rules of our own. */
interface StoredSettings extends ApplicationSettings {
  /** Absent in rows of releases that knew no such rule, as is the other. */
  readonly pkce?: PkceRule;
  readonly logout?: LogoutRules;
}

function settingsColumn(
  row: Selectable<ApplicationTable>,
  changes: Pick<ApplicationUpdate, "settings" | "pkce" | "logout">,
): string {
  const before = readSettings(row);
  const { settings = before.settings, pkce = before.pkce, logout = before.logout } = changes;
  return JSON.stringify({ ...settings, pkce, logout });
}

function readSettings(row: Selectable<ApplicationTable>): {
  readonly settings: ApplicationSettings;
  readonly pkce: PkceRule;
  readonly logout: LogoutRules;
} {
  // Written above.
  const {
    pkce = pkceUnlessChosen(row.type as ApplicationType),
    logout = NO_LOGOUT,
    ...settings
  } = JSON.parse(row.settings) as StoredSettings;
  return { settings, pkce, logout };
}

/** Writes the credential's new state to the feed, and the deed to the audit trail. */
export function recordApplication(
  tx: Transaction,
  rows: ApplicationRows,
  type: string,
  detail: Readonly<Record<string, unknown>>,
): ApplicationRecord {
  const { id, account_id } = rows.application;
  tx.event(type, { accountId: account_id, credentialId: id, detail });
  tx.change("credential", id, toCredentialState(rows.credential));
  return toApplication(rows);
}

/** Applications of an API with the material of their credentials. */
export function selectApplications(db: Kysely<Tables>, api: string) {
  return db
    .selectFrom("application")
    .innerJoin("credential", (join) =>
      join
        .onRef("credential.api", "=", "application.api")
        .onRef("credential.id", "=", "application.id"),
    )
    .selectAll("application")
    .select("credential.material")
    .where("application.api", "=", api);
}

/** Whether there is such an application, or was before it was revoked. */
export async function isApplication(db: Kysely<Tables>, api: string, id: string): Promise<boolean> {
  const query = db.selectFrom("application").select("id").where("api", "=", api);
  return (await query.where("id", "=", id).executeTakeFirst()) !== undefined;
}

/** The rows as everyone may see them. */
export function toApplication({
  application: row,
  credential: { material },
}: {
  readonly application: Selectable<ApplicationTable>;
  readonly credential: Pick<CredentialRow, "material">;
}): ApplicationRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    name: row.name,
    // These, as all columns of this table, were written above.
    kind: row.kind as ApplicationKind,
    type: row.type as ApplicationType,
    redirectUris: parseStrings(row.redirect_uris),
    scopes: parseStrings(row.scopes),
    permissions: parseStrings(row.permissions),
    accessTokenFormat: row.access_token_format as AccessTokenFormat,
    status: row.status as ApplicationStatus,
    logo: row.logo,
    homePage: row.home_page,
    ...readSettings(row),
    secrets: parseDigests(material).map(toClientSecret),
    createdAt: row.created_at,
    revokedAt: row.deleted_at,
  };
}
