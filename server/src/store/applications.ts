import { ApiError } from "@latchkey/engine";
import type { Kysely, Selectable } from "kysely";
import { changeAccessTokens, endAccessTokens, narrowAccessTokens } from "./access-tokens.ts";
import { lockAccount, requireAccount } from "./accounts.ts";
import type {
  ApplicationKind,
  ApplicationRecord,
  ApplicationSettings,
  ApplicationStatus,
  LogoutRules,
} from "./application-record.ts";
import {
  type ApplicationRows,
  type ApplicationUpdate,
  insertApplication,
  lockApplication,
  type NamedApplication,
  type NewApplication,
  recordApplication,
  selectApplications,
  toApplication,
  updateApplicationRow,
} from "./application-rows.ts";
import type { Ask } from "./ask.ts";
import { brownOutsWithin, withBrownOuts } from "./brown-outs.ts";
import { type Ceiling, isUnder, under } from "./ceiling.ts";
import { digestMaterial, type NewSecret, newDigest, parseDigests } from "./client-secrets.ts";
import { changeColumns } from "./credential-rows.ts";
import { byCreation, olderThan, pageOf } from "./paging.ts";
import type { PageRequest } from "./records.ts";
import type { Tables } from "./schema.ts";
import { withSuccessor } from "./secret-rotation.ts";
import type { Transaction } from "./transaction.ts";
import { endEndpointsOf } from "./webhook-revocation.ts";

interface CreateApplication extends NewApplication {
  /** Refuses when the account has so many live ones already. */
  readonly maxLive: number;
}

/** What is left out stays as it is, of the settings and of the rules of sign-outs too. */
interface UpdateApplication
  extends NamedApplication,
    Omit<ApplicationUpdate, "settings" | "logout"> {
  readonly settings?: Partial<ApplicationSettings> | undefined;
  readonly logout?: Partial<LogoutRules> | undefined;
  /** A verified one whose look changes has to be verified anew. */
  readonly isReviewed?: boolean;
}

/** What people are shown of it. */
const LOOK = ["name", "redirectUris", "logo", "homePage"] as const;

interface SetApplicationStatus extends NamedApplication {
  readonly status: ApplicationStatus;
}

interface RotateClientSecret extends NamedApplication {
  readonly secret: NewSecret;
  /** How long the old secret lives on; 0 ends it at once. */
  readonly overlapSeconds: number;
  /** Rotates although two secrets live; the older of them ends at once. */
  readonly force: boolean;
  /** When the old secret is refused for a moment before that: Unix milliseconds. */
  readonly brownOuts: readonly number[];
}

interface PlanClientSecretBrownOuts extends NamedApplication {
  /** Unix milliseconds; replace those planned before. */
  readonly brownOuts: readonly number[];
}

export const applicationCommands = {
  /** @throws {ApiError} `INVALID_REQUEST` names the field; `CONFLICT` when `maxLive` is reached. */
  async createApplication(tx: Transaction, input: CreateApplication): Promise<ApplicationRecord> {
    await checkOwner(tx, input);
    const { digest: _, secret, maxLive: __, id: ___, accountId: ____, ...detail } = input;
    const digests = secret === null ? [] : [newDigest(secret, tx.context.at)];
    const rows = await insertApplication(tx, input, digests);
    return recordApplication(tx, rows, "application.created", detail);
  },

  /** Writes nothing when nothing differs. @throws {ApiError} `NOT_FOUND`; `CONFLICT` if revoked. */
  async updateApplication(tx: Transaction, input: UpdateApplication): Promise<ApplicationRecord> {
    const { id: _, accountId: __, settings, logout, isReviewed = false, ...rest } = input;
    const before = await lockLive(tx, input);
    const record = toApplication(before);
    const wanted = {
      ...rest,
      settings: settings && { ...record.settings, ...settings },
      logout: logout && { ...record.logout, ...logout },
    };
    const changed: ApplicationUpdate = Object.fromEntries(
      Object.entries(wanted).filter(
        ([field, value]) =>
          value !== undefined &&
          JSON.stringify(value) !== JSON.stringify(record[field as keyof ApplicationUpdate]),
      ),
    );
    if (Object.keys(changed).length === 0) return record;
    // Looked at here, under the lock: it may have been verified just now.
    const isAnew = isReviewed && record.status === "verified" && LOOK.some((it) => it in changed);
    const detail: ApplicationUpdate = { ...changed, ...(isAnew && { status: "pending" }) };
    const application = await updateApplicationRow(tx, before.application, detail);
    const { name, permissions, scopes } = detail;
    const removed = scopes && record.scopes.filter((each) => !scopes.includes(each));
    if (removed !== undefined) await narrowAccessTokens(tx, input.id, removed);
    const credential = await changeColumns(tx, before.credential, {
      name: name ?? before.credential.name,
      ...(permissions === undefined ? {} : { scopes: JSON.stringify(permissions) }),
    });
    const managed = { applicationId: input.id, kind: "managed-user" } as const;
    await changeAccessTokens(tx, managed, { scopes: permissions, origins: detail.redirectUris });
    return recordApplication(tx, { application, credential }, "application.updated", { ...detail });
  },

  /**
   * Idempotent. A rejected application proves nothing until it is verified or pending again: its
   * credential is expired meanwhile. @throws {ApiError} `NOT_FOUND`; `CONFLICT` if revoked.
   */
  async setApplicationStatus(
    tx: Transaction,
    { status, ...name }: SetApplicationStatus,
  ): Promise<ApplicationRecord> {
    const before = await lockLive(tx, name);
    const { application: row, credential } = before;
    if (row.status === status) return toApplication(before);
    const rows = {
      application: await updateApplicationRow(tx, row, { status }),
      credential: await changeColumns(tx, credential, {
        expires_at: status === "rejected" ? tx.context.at : null,
        generation: credential.generation + 1,
      }),
    };
    if (status === "rejected") await endAccessTokens(tx, { applicationId: name.id });
    return recordApplication(tx, rows, `application.${status}`, { before: row.status });
  },

  /**
   * Adds a secret; the one before it lives until the overlap ends. At most two live at once.
   *
   * @throws {ApiError} `NOT_FOUND`; `CONFLICT` if revoked or public; `INVALID_REQUEST` for a
   * brown-out outside the overlap; `ROTATION_IN_PROGRESS` while two live, without `force`.
   */
  async rotateClientSecret(
    tx: Transaction,
    { secret, overlapSeconds, force, brownOuts, ...name }: RotateClientSecret,
  ): Promise<ApplicationRecord> {
    const { at } = tx.context;
    const { application, credential } = await lockLive(tx, name);
    if (application.type === "public") {
      throw new ApiError("CONFLICT", "A public application keeps no secret.");
    }
    const endsAt = at + overlapSeconds * 1000;
    const plan = { at, endsAt, brownOuts: brownOutsWithin(brownOuts, { from: at, to: endsAt }) };
    const digests = parseDigests(credential.material);
    const changed = await changeColumns(tx, credential, {
      material: digestMaterial(withSuccessor(digests, newDigest(secret, at), { ...plan, force })),
      generation: credential.generation + 1,
    });
    const rows = { application, credential: changed };
    const detail = { secretId: secret.id, overlapSeconds, brownOuts };
    return recordApplication(tx, rows, "application.secret_rotated", detail);
  },

  /**
   * Chooses when the old secret of a rotation is refused for a moment.
   *
   * @throws {ApiError} `NOT_FOUND`; `CONFLICT` if revoked or when no overlap runs; `INVALID_REQUEST`
   * for an instant outside of it.
   */
  async planClientSecretBrownOuts(
    tx: Transaction,
    { brownOuts, ...name }: PlanClientSecretBrownOuts,
  ): Promise<ApplicationRecord> {
    const { application, credential } = await lockLive(tx, name);
    const digests = withBrownOuts(parseDigests(credential.material), brownOuts, tx.context.at);
    const changed = await changeColumns(tx, credential, {
      material: digestMaterial(digests),
      // What processes keep of the secrets was made without the plan.
      generation: credential.generation + 1,
    });
    const rows = { application, credential: changed };
    return recordApplication(tx, rows, "application.brown_outs_planned", { brownOuts });
  },

  /**
   * Ends its tokens and its webhook endpoints, too. Idempotent: revoking twice keeps the first
   * instant. @throws {ApiError} `NOT_FOUND`.
   */
  async revokeApplication(
    tx: Transaction,
    input: NamedApplication,
  ): Promise<{ readonly revokedAt: number }> {
    const { at } = tx.context;
    const before = await lockApplication(tx, input);
    if (before.application.deleted_at !== null) {
      return { revokedAt: before.application.deleted_at };
    }
    const rows = {
      application: await updateApplicationRow(tx, before.application, { deletedAt: at }),
      credential: await changeColumns(tx, before.credential, { revoked_at: at }),
    };
    await endAccessTokens(tx, { applicationId: input.id });
    await endEndpointsOf(tx, input.id);
    recordApplication(tx, rows, "application.revoked", { name: rows.application.name });
    return { revokedAt: at };
  },
} as const;

/** Reading side of applications. */
export function applicationReads(db: Kysely<Tables>, ask: Ask) {
  return {
    find: (api: string, id: string, ceiling?: Ceiling) =>
      ask(async () => {
        const query = selectApplications(db, api).where("application.id", "=", id);
        const row = await query.executeTakeFirst();
        return row && isUnder(ceiling, row.account_id) ? toApplicationOf(row) : undefined;
      }),
    list: (api: string, filter: ApplicationFilter, page: PageRequest) =>
      ask(async () => {
        const { accountId, kind, live, ceiling } = filter;
        let query = selectApplications(db, api);
        if (accountId !== undefined) query = query.where("application.account_id", "=", accountId);
        if (kind !== undefined) query = query.where("application.kind", "=", kind);
        if (live === true) query = query.where("application.deleted_at", "is", null);
        const rows = await query
          .where(under(ceiling, "application.account_id"))
          .where(olderThan(page.after, "application.created_at", "application.id"))
          .orderBy("application.created_at", "desc")
          .orderBy("application.id", "desc")
          .limit(page.limit + 1)
          .execute();
        const items = rows.map(toApplicationOf);
        return pageOf(items, page, byCreation);
      }),
  };
}

/** Which applications are wanted; a field left out does not narrow the list. */
export interface ApplicationFilter {
  readonly accountId?: string | undefined;
  readonly kind?: ApplicationKind | undefined;
  /** Those that are not revoked. */
  readonly live?: boolean | undefined;
  readonly ceiling?: Ceiling;
}

type ApplicationWithMaterial = Selectable<Tables["application"]> & {
  readonly material: string | null;
};

function toApplicationOf(row: ApplicationWithMaterial): ApplicationRecord {
  return toApplication({ application: row, credential: { material: row.material } });
}

async function lockLive(tx: Transaction, name: NamedApplication): Promise<ApplicationRows> {
  const rows = await lockApplication(tx, name);
  if (rows.application.deleted_at === null) return rows;
  throw new ApiError("CONFLICT", "The application is revoked.");
}

async function checkOwner(
  tx: Transaction,
  { accountId, kind, maxLive }: CreateApplication,
): Promise<void> {
  const { api } = tx.context;
  const details = { field: "accountId" };
  const account = await requireAccount(tx, accountId);
  if (kind === "platform" && account.kind !== "platform") {
    const message = "Only an account of kind platform has platform applications.";
    throw new ApiError("INVALID_REQUEST", message, { details });
  }
  // Or two transactions could both count one short of the maximum.
  await lockAccount(tx, accountId);
  const { live } = await tx.db
    .selectFrom("application")
    .select((eb) => eb.fn.countAll<number>().as("live"))
    .where("api", "=", api)
    .where("account_id", "=", accountId)
    .where("deleted_at", "is", null)
    .executeTakeFirstOrThrow();
  if (live < maxLive) return;
  const message = `The account has ${maxLive} live applications already.`;
  throw new ApiError("CONFLICT", message, { details: { ...details, max: maxLive } });
}
