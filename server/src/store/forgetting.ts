import type { Clock } from "@latchkey/engine";
import { hasForgettableTokens } from "./access-tokens.ts";
import type { Backend } from "./backend.ts";
import { hasForgettableChanges } from "./change-retention.ts";
import { hasExpiredAnswers } from "./idempotency.ts";
import { hasExpiredRefreshTokens } from "./managed-tokens.ts";
import { hasExpiredArtifacts } from "./oauth-artifacts.ts";
import { hasExpiredUses } from "./one-time-use.ts";
import { type Repeating, startRepeating } from "./repeating.ts";
import { hasEndedSessions } from "./sessions.ts";
import type { Store } from "./store.ts";
import type { StoreLog } from "./store-log.ts";
import { hasOldDeliveries } from "./webhook-deliveries.ts";
import { hasDeliveriesOfEnded } from "./webhook-giving-up.ts";
import { DEPLOYMENT, systemContext } from "./write-context.ts";

interface ForgettingParts {
  readonly backend: Pick<Backend, "db" | "ask">;
  readonly write: Store["write"];
  readonly clock: Clock;
  readonly log: StoreLog;
}

const EVERY_MILLIS = 60_000;
/** Small, so that no write waits long behind it. */
const ROWS = 500;
const ROUNDS = 20;

/**
 * What deletes or ends, and whether there is anything for it to do, so that an idle store writes
 * nothing.
 */
const FORGETTERS = [
  ["forgetAnswers", hasExpiredAnswers],
  ["forgetUses", hasExpiredUses],
  ["forgetArtifacts", hasExpiredArtifacts],
  ["forgetAccessTokens", hasForgettableTokens],
  ["forgetRefreshTokens", hasExpiredRefreshTokens],
  ["forgetSessions", hasEndedSessions],
  ["giveUpDeliveries", hasDeliveriesOfEnded],
  ["forgetDeliveries", hasOldDeliveries],
  ["forgetChanges", hasForgettableChanges],
] as const;

/** Deletes what has expired and is asked for no more, in the background, in small transactions. */
export function startForgetting({ backend, write, clock, log }: ForgettingParts): Repeating {
  return startRepeating({
    everyMillis: EVERY_MILLIS,
    async round() {
      const at = clock();
      const context = systemContext(DEPLOYMENT, at);
      for (const [command, isThereAny] of FORGETTERS) {
        for (let round = 0; round < ROUNDS; round += 1) {
          if (!(await backend.ask(() => isThereAny(backend.db, at)))) break;
          await write(command, { limit: ROWS }, context);
        }
      }
    },
    onError: (error) => log.warn({ err: error }, "could not delete what has expired"),
  });
}
