import type { Kysely } from "kysely";
import type { Ask } from "./ask.ts";
import { parseStrings } from "./credentials.ts";
import type { Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

/** A user and an application. */
export interface ConsentOf {
  readonly userId: string;
  readonly applicationId: string;
}

interface Approval extends ConsentOf {
  readonly scopes: readonly string[];
  readonly refused: readonly string[];
}

/**
 * Remembers what the user approved, in addition to what still holds of before and was not refused
 * now. Of what is no application of an account nothing is remembered.
 */
export async function rememberConsent(tx: Transaction, approval: Approval): Promise<void> {
  const { userId, applicationId, refused } = approval;
  const { api, at } = tx.context;
  const application = await tx.db
    .selectFrom("application")
    .select(["account_id", "redirect_uris"])
    .where("api", "=", api)
    .where("id", "=", applicationId)
    .executeTakeFirst();
  if (application === undefined) return;
  const before = await holdingScopes(tx.db, api, { userId, applicationId });
  const scopes = new Set([...before, ...approval.scopes]);
  const columns = {
    ...application,
    scopes: JSON.stringify([...scopes].filter((name) => !refused.includes(name))),
    created_at: at,
  };
  await tx.db
    .insertInto("oauth_consent")
    .values({ api, user_id: userId, application_id: applicationId, ...columns })
    .onConflict((conflict) =>
      conflict.columns(["api", "user_id", "application_id"]).doUpdateSet(columns),
    )
    .execute();
}

/** From now on the user is asked again. */
export async function forgetConsent(tx: Transaction, of: ConsentOf): Promise<void> {
  await tx.db
    .deleteFrom("oauth_consent")
    .where("api", "=", tx.context.api)
    .where("user_id", "=", of.userId)
    .where("application_id", "=", of.applicationId)
    .execute();
}

/** Reading side of remembered consent. */
export function consentReads(db: Kysely<Tables>, ask: Ask) {
  return {
    scopes: (api: string, of: ConsentOf) => ask(() => holdingScopes(db, api, of)),
  };
}

/** What was approved of the application as it is now; a public one can be anybody. */
async function holdingScopes(
  db: Kysely<Tables>,
  api: string,
  { userId, applicationId }: ConsentOf,
): Promise<readonly string[]> {
  const row = await db
    .selectFrom("oauth_consent as consent")
    .innerJoin("application", (join) =>
      join
        .onRef("application.api", "=", "consent.api")
        .onRef("application.id", "=", "consent.application_id")
        .onRef("application.account_id", "=", "consent.account_id")
        .onRef("application.redirect_uris", "=", "consent.redirect_uris"),
    )
    .select("consent.scopes")
    .where("consent.api", "=", api)
    .where("consent.user_id", "=", userId)
    .where("consent.application_id", "=", applicationId)
    .where("application.type", "=", "confidential")
    .where("application.deleted_at", "is", null)
    .executeTakeFirst();
  return row === undefined ? [] : parseStrings(row.scopes);
}
