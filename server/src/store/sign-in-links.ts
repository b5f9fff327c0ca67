import type { Kysely, Selectable } from "kysely";
import type { Ask } from "./ask.ts";
import { holdFeed } from "./changes.ts";
import { isAnyOperator, operatorPersonCommands } from "./operator-persons.ts";
import { writePassword } from "./people.ts";
import type { SignInLinkTable } from "./people-schema.ts";
import type { Millis } from "./records.ts";
import type { Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

/** What a link that lets someone in is for. */
export type SignInLinkKind = "setup" | "invitation" | "reset";

/** A link as far as it is known without being used; its secret is in no record. */
export interface StoredLink {
  readonly api: string;
  /** `null`: the person is made with it. */
  readonly personId: string | null;
}

interface MakeLink {
  readonly kind: SignInLinkKind;
  /** SHA-256 of the link's secret. */
  readonly digest: Uint8Array;
  readonly personId: string | null;
  readonly expiresAt: Millis;
}

/** What is written with a link. */
export type LinkDeed =
  | { readonly kind: "setup"; readonly id: string; readonly email: string; readonly name: string }
  | { readonly kind: "invitation"; readonly name: string | undefined }
  | { readonly kind: "reset" };

interface UseLink {
  readonly digest: Uint8Array;
  readonly deed: LinkDeed;
  readonly passwordHash: string;
}

/** How many expired links each new one clears away: the table cannot grow without end. */
const CLEARED = 100;

export const signInLinkCommands = {
  /** Ends earlier links of the kind for the person. False: a set-up, and there is an operator. */
  async makeSignInLink(
    tx: Transaction,
    { kind, digest, personId, expiresAt }: MakeLink,
  ): Promise<{ readonly made: boolean }> {
    const { api, at } = tx.context;
    if (kind === "setup") await holdFeed(tx.db, api);
    if (kind === "setup" && (await isAnyOperator(tx.db))) return { made: false };
    await clear(tx, { kind, personId });
    await tx.db
      .insertInto("sign_in_link")
      .values({
        ...{ api, digest, kind, person_id: personId },
        ...{ created_at: at, expires_at: expiresAt, used_at: null },
      })
      .execute();
    if (kind !== "setup") tx.event(`${kind}.sent`, { detail: { personId } });
    return { made: true };
  },

  /**
   * Uses the link up and does its deed, whole or not at all. `personId` null: it was used, has
   * expired, or is for something else.
   */
  async useSignInLink(
    tx: Transaction,
    { digest, deed, passwordHash }: UseLink,
  ): Promise<{ readonly personId: string | null }> {
    const { api, at } = tx.context;
    const { kind } = deed;
    if (kind === "setup") await holdFeed(tx.db, api);
    const link = await tx.db
      .updateTable("sign_in_link")
      .set({ used_at: at })
      .where("api", "=", api)
      .where("digest", "=", digest)
      .where("kind", "=", kind)
      .where("used_at", "is", null)
      .where("expires_at", ">", at)
      .returning("person_id")
      .executeTakeFirst();
    if (link === undefined) return { personId: null };
    if (kind === "setup") {
      if (await isAnyOperator(tx.db)) return { personId: null };
      const { id, email, name } = deed;
      const owner = { id, email, name, role: "owner", apis: null, passwordHash } as const;
      await operatorPersonCommands.createOperatorPerson(tx, owner);
      return { personId: id };
    }
    const personId = link.person_id ?? "";
    const name = kind === "invitation" ? deed.name : undefined;
    await writePassword(tx, personId, { passwordHash, name });
    const type = kind === "reset" ? "password.reset" : "invitation.accepted";
    tx.event(type, { detail: { personId } });
    return { personId };
  },
} as const;

async function clear(
  { db, context: { api, at } }: Transaction,
  { kind, personId }: Pick<MakeLink, "kind" | "personId">,
): Promise<void> {
  await db
    .deleteFrom("sign_in_link")
    .where("api", "=", api)
    .where("kind", "=", kind)
    .where("person_id", personId === null ? "is" : "=", personId)
    .execute();
  const expired = db
    .selectFrom("sign_in_link")
    .select("digest")
    .where("expires_at", "<=", at)
    .orderBy("expires_at")
    .limit(CLEARED);
  await db.deleteFrom("sign_in_link").where("digest", "in", expired).execute();
}

/** Reading side of links that let someone in. */
export function signInLinkReads(db: Kysely<Tables>, ask: Ask) {
  return {
    /** Only one that could be used at this instant. */
    find: (kind: SignInLinkKind, digest: Uint8Array, at: Millis) =>
      ask(async () => {
        const row = await db
          .selectFrom("sign_in_link")
          .selectAll()
          .where("digest", "=", digest)
          .where("kind", "=", kind)
          .where("used_at", "is", null)
          .where("expires_at", ">", at)
          .executeTakeFirst();
        return row && toLink(row);
      }),
  };
}

function toLink(row: Selectable<SignInLinkTable>): StoredLink {
  return { api: row.api, personId: row.person_id };
}
