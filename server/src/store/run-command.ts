import type { Kysely } from "kysely";
import { requireLiveActor } from "./acting-credential.ts";
import { type CommandName, commands, UNDER_CEILING } from "./commands.ts";
import { type Claim, claim, settle } from "./idempotency.ts";
import { wholeAnswer } from "./older-answers.ts";
import type { ChangeRecord } from "./records.ts";
import type { Tables } from "./schema.ts";
import { requireLiveSession } from "./sessions.ts";
import { type Command, openTransaction } from "./transaction.ts";
import type { WriteContext } from "./write-context.ts";

/** A command with everything it needs, as data: it may cross to another thread. */
export interface CommandRequest {
  readonly name: CommandName;
  readonly input: unknown;
  readonly context: WriteContext;
  readonly claim: Claim | undefined;
  /** Sealed with the answer and never stored in the open. */
  readonly once: unknown;
}

/** What a command did, once its transaction has committed. */
export interface CommandResult {
  readonly output: unknown;
  readonly once: unknown;
  readonly replayed: boolean;
  /** What it put on the feed of its API; none when replayed. */
  readonly changes: readonly ChangeRecord[];
}

/**
 * Runs one command inside a transaction that the caller has begun and will commit. When it rejects,
 * the caller rolls back.
 */
export async function runCommand(
  db: Kysely<Tables>,
  request: CommandRequest,
): Promise<CommandResult> {
  const { name, input, context, once } = request;
  if (context.ceiling !== undefined && !UNDER_CEILING.has(name)) {
    throw new Error(`${name} knows no ceiling`);
  }
  await requireLiveActor(db, context);
  await requireLiveSession(db, context);
  const stored = request.claim && (await claim(db, request.claim));
  if (stored !== undefined) return { ...wholeAnswer(name, stored), replayed: true, changes: [] };
  // `Store.write` has checked that the input is the one of this name.
  const command = commands[name] as unknown as Command<unknown, unknown>;
  const { tx, finish } = openTransaction(db, context);
  const output = await command(tx, input);
  if (request.claim !== undefined) await settle(db, request.claim, { output, once });
  return { output, once, replayed: false, changes: await finish() };
}
