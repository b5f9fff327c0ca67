import type { Kysely } from "kysely";
import type { Ask } from "./ask.ts";
import type { Flavor } from "./migrations/migration.ts";
import type { CommandRequest, CommandResult } from "./run-command.ts";
import type { Tables } from "./schema.ts";

/** What differs between the databases; everything else of a store is the same code. */
export interface Backend {
  readonly kind: Flavor;
  /** Whether no other server has the database open; on PostgreSQL nobody can tell. */
  isAlone(): boolean;
  /** For reads. */
  readonly db: Kysely<Tables>;
  readonly ask: Ask;
  /** Runs a command in a transaction of its own and resolves once its commit is durable. */
  run(request: Omit<CommandRequest, "claim">): Promise<CommandResult>;
  /** Tells the other nodes that an API's feed has moved; best effort. */
  announce(api: string): void;
  /** Called with an API when another node announced it, and without one when any may have moved. */
  onAnnounced(listener: (api: string | undefined) => void): void;
  ping(): Promise<void>;
  close(): Promise<void>;
}
