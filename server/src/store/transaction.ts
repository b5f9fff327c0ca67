import { randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import { appendChanges } from "./changes.ts";
import { insertEvents } from "./events.ts";
import type { ChangeRecord, EventRecord } from "./records.ts";
import type { Tables } from "./schema.ts";
import { queueAudited } from "./webhook-queue.ts";
import type { WriteContext } from "./write-context.ts";

/**
 * A unit of work by name: everything it writes commits together or not at all. It may run again
 * after a lost reply, so ids, digests and instants come from its input and context, never from it.
 */
export type Command<Input, Output> = (tx: Transaction, input: Input) => Promise<Output>;

/** What a command works with. Changes and events are written when the command has returned. */
export interface Transaction {
  readonly db: Kysely<Tables>;
  readonly context: WriteContext;
  /** Puts a subject's whole new state on the change feed of the context's API. */
  change(kind: ChangeRecord["kind"], subjectId: string, state: unknown): void;
  /** Puts a line on the audit trail. `detail` never holds a secret or a digest. */
  event(type: string, about: EventAbout): void;
}

export interface EventAbout {
  readonly accountId?: string | null;
  readonly credentialId?: string | null;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** A transaction and what has to be written at its end. */
export interface OpenTransaction {
  readonly tx: Transaction;
  /**
   * Writes the events with their webhooks, then the changes: the head row of the feed is taken last and held until the
   * commit, which makes sequences gap-free in the order of commits.
   */
  finish(): Promise<readonly ChangeRecord[]>;
}

/** Wraps a database transaction that has already begun and that the caller will commit. */
export function openTransaction(db: Kysely<Tables>, context: WriteContext): OpenTransaction {
  const changes: Omit<ChangeRecord, "seq" | "at">[] = [];
  const events: EventRecord[] = [];
  const eventIds = randomBytes(10).toString("hex");
  const tx: Transaction = {
    db,
    context,
    change: (kind, subjectId, state) => {
      changes.push({ kind, subjectId, state });
    },
    event: (type, about) => {
      // Ids order the events of one instant: those of one command stay in the order of its deeds.
      const id = `evt_${eventIds}${events.length.toString(16).padStart(4, "0")}`;
      events.push(eventRecord(context, { id, type, ...about }));
    },
  };
  return {
    tx,
    async finish() {
      if (events.length > 0) {
        await insertEvents(db, context.api, events);
        await queueAudited(db, context, events);
      }
      return changes.length > 0 ? appendChanges(db, context, changes) : [];
    },
  };
}

function eventRecord(
  context: WriteContext,
  { id, type, accountId, credentialId, detail }: EventAbout & { id: string; type: string },
): EventRecord {
  return {
    id,
    type,
    at: context.at,
    actor: context.actor,
    accountId: accountId ?? null,
    credentialId: credentialId ?? null,
    requestId: context.requestId,
    address: context.address,
    detail: detail ?? {},
    count: 1,
  };
}
