import type { Clock } from "@latchkey/engine";
import type { ClaimedNotice, ClientToTell } from "../store/logout-notices.ts";
import { startRepeating } from "../store/repeating.ts";
import { type Store, systemContext } from "../store/store.ts";
import type { StoreLog } from "../store/store-log.ts";
import type { AuthorizationServers } from "./authorization-servers.ts";

interface NoticeParts {
  readonly store: Pick<Store, "write" | "logoutNotices">;
  readonly servers: Pick<AuthorizationServers, "tellLogout">;
  readonly clock: Clock;
  readonly log: StoreLog;
  readonly everyMillis?: number;
}

/** Clients that are told at once, and how long one may hold its place. */
const MOST_AT_ONCE = 32;
const TURN_MILLIS = 5_000;
const MOST_A_TURN = 16;
/** Far longer than a turn and one try more: whoever died meanwhile is stepped in for after it. */
const HELD_MILLIS = 60_000;
const EVERY_MILLIS = 1_000;

const MINUTE = 60_000;
/** How long after each failed try the next one comes. */
const DELAYS: readonly number[] = [
  ...[MINUTE / 2, 2 * MINUTE, 10 * MINUTE],
  ...[60 * MINUTE, 360 * MINUTE],
];
const MOST_AGE_MILLIS = DELAYS.reduce((sum, delay) => sum + delay, 0);

/**
 * Tells clients of sign-outs in the background (OpenID Connect Back-Channel Logout 1.0): at least
 * once, again after ever longer waits for seven hours, each token made anew. Any number of processes
 * may, on the same database. A client that cannot be told waits with all that it is to be told, and
 * what it has not taken by then is given up, tried or not.
 */
export function startLogoutNotices(parts: NoticeParts): { stop(): Promise<void> } {
  const { store, clock, log, everyMillis = EVERY_MILLIS } = parts;
  const serving = new Map<string, Promise<void>>();
  let stopped = false;

  const looking = startRepeating({
    everyMillis,
    async round() {
      // Twice as many as there are places: one at least is not being told yet.
      for (const client of await store.logoutNotices.due(clock(), MOST_AT_ONCE * 2)) {
        const key = `${client.api} ${client.clientId}`;
        if (stopped || serving.size >= MOST_AT_ONCE || serving.has(key)) continue;
        const served = tellClient({ ...parts, isStopped: () => stopped }, client)
          .catch((error: unknown) => log.warn({ err: error }, "could not tell of a sign-out"))
          .finally(() => serving.delete(key));
        serving.set(key, served);
      }
    },
    onError: (error) => log.warn({ err: error }, "could not look for sign-outs to tell of"),
  });

  return {
    async stop() {
      stopped = true;
      await looking.stop();
      await Promise.all(serving.values());
    },
  };
}

/** Tells one client what is due, until its turn is over, it cannot be told, or all is to stop. */
async function tellClient(
  parts: NoticeParts & { readonly isStopped: () => boolean },
  { api, clientId }: ClientToTell,
): Promise<void> {
  const { store, servers, clock, log, isStopped } = parts;
  const turnEnds = clock() + TURN_MILLIS;
  const context = () => systemContext(api, clock());
  const claim = { clientId, limit: MOST_A_TURN, heldUntil: clock() + HELD_MILLIS };
  const { output: claimed } = await store.write("claimLogoutNotices", claim, context());
  for (const notice of claimed) {
    if (isStopped() || clock() >= turnEnds) return;
    try {
      await servers.tellLogout(api, notice);
    } catch (error) {
      log.warn({ err: error, api, applicationId: clientId }, "a client was not told of a sign-out");
      const at = clock();
      const input = { notice, nextAt: nextAt(notice, at), queuedBy: at - MOST_AGE_MILLIS };
      await store.write("postponeLogoutNotices", input, context());
      return;
    }
    await store.write("endLogoutNotice", notice, context());
  }
}

function nextAt({ tries }: ClaimedNotice, at: number): number {
  return at + (DELAYS[tries] ?? DELAYS.at(-1) ?? 0);
}
