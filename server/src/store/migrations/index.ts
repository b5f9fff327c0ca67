import { firstTables } from "./0001-first-tables.ts";
import { credentialHandles } from "./0002-credential-handles.ts";
import { portalSession } from "./0003-portal-session.ts";
import { application } from "./0004-application.ts";
import type { Migration } from "./migration.ts";

/** Every migration in order. Released ones are never changed, renumbered or removed. */
export const migrations: readonly Migration[] = [
  firstTables,
  credentialHandles,
  portalSession,
  application,
];
