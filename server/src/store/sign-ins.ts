import type { Kysely } from "kysely";
import type { Ask } from "./ask.ts";
import type { Tables } from "./schema.ts";

/** What signing in is checked against. */
export interface SignInRecord {
  readonly userId: string;
  /** In PHC format; `null`: this user has no password. */
  readonly passwordHash: string | null;
}

/** Reading side of signing in. A managed user has an application's tokens, and nothing here. */
export function signInReads(db: Kysely<Tables>, ask: Ask) {
  return {
    find: (api: string, email: string) =>
      ask(async (): Promise<SignInRecord | undefined> => {
        const row = await db
          .selectFrom("person")
          .select(["id", "password_hash"])
          .where("api", "=", api)
          .where("email_key", "=", email.toLowerCase())
          .where("managed_by", "is", null)
          .where("deleted_at", "is", null)
          .executeTakeFirst();
        return row && { userId: row.id, passwordHash: row.password_hash };
      }),
  };
}
