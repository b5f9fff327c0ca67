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

/**
 * Deletes what has expired and is asked for no more, in the background, in small transactions, until
 * nothing is left: what comes in faster than it goes would have no bound.
 */
export function startForgetting({ backend, write, clock, log }: ForgettingParts): Repeating {
  let stopped = false;
  const repeating = startRepeating({
    everyMillis: EVERY_MILLIS,
    async round() {
      const at = clock();
      const context = systemContext(DEPLOYMENT, at);
      let left: readonly (typeof FORGETTERS)[number][] = FORGETTERS;
      // In turns: of one there may be so much that the others would never come to theirs.
      while (left.length > 0) {
        const again: (typeof FORGETTERS)[number][] = [];
        for (const forgetter of left) {
          if (stopped) return;
          const [command, isThereAny] = forgetter;
          if (!(await backend.ask(() => isThereAny(backend.db, at)))) continue;
          const { output } = await write(command, { limit: ROWS }, context);
          // None, where another node was there first.
          if (countOf(output) > 0) again.push(forgetter);
        }
        left = again;
      }
    },
    onError: (error) => log.warn({ err: error }, "could not delete what has expired"),
  });
  return {
    now: repeating.now,
    stop() {
      stopped = true;
      return repeating.stop();
    },
  };
}

function countOf(output: { readonly forgotten: number } | { readonly givenUp: number }): number {
  return "forgotten" in output ? output.forgotten : output.givenUp;
}
