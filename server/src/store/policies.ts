import type { Kysely } from "kysely";
import type { Ask } from "./ask.ts";
import { lockCounter } from "./counters.ts";
import type { Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

interface RecordPolicy {
  /** SHA-256 of the compiled policy's canonical JSON, in hex. */
  readonly digest: string;
  /** The policy itself, as plain data. */
  readonly document: unknown;
}

/** A policy as it was recorded. */
export interface PolicyVersion {
  /** Counts from 1 in each API. */
  readonly version: number;
  readonly digest: string;
  /** The policy itself, as plain data; perhaps of another release. */
  readonly policy: unknown;
}

interface RecordedPolicy {
  /** Counts from 1 in each API. */
  readonly version: number;
  /** Whether this call made the version. */
  readonly changed: boolean;
}

export const policyCommands = {
  /** Adds a version when the newest one differs; any number of nodes may start at once. */
  async recordPolicy(tx: Transaction, { digest, document }: RecordPolicy): Promise<RecordedPolicy> {
    const { api, at } = tx.context;
    await lockCounter(tx.db, { api, name: "policy" });
    const newest = await tx.db
      .selectFrom("policy_version")
      .select(["version", "digest"])
      .where("api", "=", api)
      .orderBy("version", "desc")
      .limit(1)
      .executeTakeFirst();
    if (newest?.digest === digest) return { version: newest.version, changed: false };
    const version = (newest?.version ?? 0) + 1;
    await tx.db
      .insertInto("policy_version")
      .values({ api, version, digest, document: JSON.stringify(document), recorded_at: at })
      .execute();
    tx.event("policy.changed", { detail: { version, digest } });
    tx.change("policy", api, { version, digest, policy: document });
    return { version, changed: true };
  },
} as const;

/** A policy that was in force from `recordedAt` until the next version's. */
export interface DatedPolicy extends PolicyVersion {
  readonly recordedAt: number;
}

/** Further back nobody looks for what changed. */
const MOST_VERSIONS = 20;

/** Reading side of policies. */
export function policyReads(db: Kysely<Tables>, ask: Ask) {
  return {
    newest: (api: string) =>
      ask(async (): Promise<PolicyVersion | undefined> => {
        const [row] = await selectNewest(db, api, 1);
        return row && toVersion(row);
      }),
    list: (api: string) =>
      ask(async (): Promise<readonly DatedPolicy[]> => {
        const rows = await selectNewest(db, api, MOST_VERSIONS);
        return rows.map((row) => ({ ...toVersion(row), recordedAt: row.recorded_at }));
      }),
  };
}

function selectNewest(db: Kysely<Tables>, api: string, most: number) {
  return db
    .selectFrom("policy_version")
    .select(["version", "digest", "document", "recorded_at"])
    .where("api", "=", api)
    .orderBy("version", "desc")
    .limit(most)
    .execute();
}

function toVersion(row: { version: number; digest: string; document: string }): PolicyVersion {
  return { version: row.version, digest: row.digest, policy: JSON.parse(row.document) };
}
