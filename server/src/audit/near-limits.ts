import type { Clock, CompiledPolicy, Decision, LimitState, WindowState } from "@latchkey/engine";
import type { NearLimit } from "../store/near-limits.ts";
import { startRepeating } from "../store/repeating.ts";
import type { Store } from "../store/store.ts";
import type { StoreLog } from "../store/store-log.ts";

type Windows = Pick<LimitState, "windows">;

/** Tells accounts that they come near a limit, off the path of the decision. */
export interface NearLimits {
  /** Remembers where the limit of a decision stood; never throws, never waits. */
  see(api: string, decision: Decision): void;
  /** The same of what a verifier counted. */
  seeReported(api: string, credentialId: string, limit: Windows): void;
  /** Looks now. Never rejects. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

interface NearLimitParts {
  readonly store: Pick<Store, "write">;
  /** By slug. */
  readonly policies: ReadonlyMap<string, CompiledPolicy>;
  readonly clock: Clock;
  readonly log: StoreLog;
}

const EVERY_MILLIS = 2000;
/** Credentials looked at in one round; of a window that fills, the next round knows too. */
const MOST_SEEN = 50_000;
const MOST_AT_ONCE = 500;
/** Of a credential, in an hour: no limit has more, but whoever may report could make names up. */
const MOST_WINDOWS = 8;
/** Shorter windows are there for bursts: full now, empty in a moment. */
const SHORTEST_SECONDS = 60;
const HOUR = 3_600_000;

/**
 * Looks every two seconds. Of each window of a credential one event is told, on whichever node looks
 * first, and of windows shorter than an hour one in an hour.
 */
export function startNearLimits({ store, policies, clock, log }: NearLimitParts): NearLimits {
  /** By API, then by credential. */
  let seen = new Map<string, Map<string, Windows>>();
  let count = 0;
  /** Until when this node knows that it was told, by credential, then by window. */
  const told = new Map<string, Map<string, number>>();

  function nearOf(api: string, states: ReadonlyMap<string, Windows>, at: number): NearLimit[] {
    const percent = policies.get(api)?.policy.limitNearPercent ?? 100;
    return [...states].flatMap(([credentialId, { windows }]) =>
      windows
        .filter((window) => window.resetAt > at && isNear(window, percent))
        .map((window) => ({ credentialId, window, toldUntil: toldUntil(window, at) })),
    );
  }

  async function tell(): Promise<void> {
    const at = clock();
    const states = seen;
    seen = new Map();
    count = 0;
    forgetTold(at);
    for (const [api, some] of states) {
      const near = nearOf(api, some, at).filter((each) => mayTell(api, each));
      for (let from = 0; from < near.length; from += MOST_AT_ONCE) {
        const part = near.slice(from, from + MOST_AT_ONCE);
        const actor = { kind: "system", id: null } as const;
        const context = { api, at, actor, requestId: null, address: null };
        await store.write("tellOfNearLimits", { near: part }, context);
        for (const each of part) noteTold(api, each);
      }
    }
  }

  function mayTell(api: string, { credentialId, window }: NearLimit): boolean {
    const windows = told.get(nameOf(api, credentialId));
    return windows === undefined || (!windows.has(window.name) && windows.size < MOST_WINDOWS);
  }

  function noteTold(api: string, { credentialId, window, toldUntil }: NearLimit): void {
    const name = nameOf(api, credentialId);
    const windows = told.get(name);
    if (windows !== undefined) windows.set(window.name, toldUntil);
    else if (told.size < MOST_SEEN) told.set(name, new Map([[window.name, toldUntil]]));
  }

  function forgetTold(at: number): void {
    for (const [name, windows] of told) {
      for (const [window, until] of windows) if (until <= at) windows.delete(window);
      if (windows.size === 0) told.delete(name);
    }
  }

  const looking = startRepeating({
    everyMillis: EVERY_MILLIS,
    round: tell,
    onError: (error) => log.warn({ err: error }, "could not tell of limits that are near"),
  });

  function remember(api: string, credentialId: string, limit: Windows): void {
    let ofApi = seen.get(api);
    if (ofApi === undefined) {
      ofApi = new Map();
      seen.set(api, ofApi);
    }
    if (!ofApi.has(credentialId)) {
      if (count >= MOST_SEEN) return;
      count += 1;
    }
    ofApi.set(credentialId, limit);
  }

  return {
    see(api, decision) {
      const { limit, principal } = decision;
      const credentialId = principal?.credentialId ?? null;
      if (limit === undefined || credentialId === null) return;
      // Other refusals tell of the limit of anybody at the address.
      if (decision.outcome === "deny" && decision.reason !== "rate_limited") return;
      remember(api, credentialId, limit);
    },
    seeReported: remember,
    look: () => looking.now(),
    stop: () => looking.stop(),
  };
}

function isNear({ limit, remaining, windowSeconds }: WindowState, percent: number): boolean {
  return windowSeconds >= SHORTEST_SECONDS && (limit - remaining) * 100 >= limit * percent;
}

function toldUntil({ resetAt, windowSeconds }: WindowState, at: number): number {
  // A verifier's clock may be ahead.
  return Math.max(Math.min(resetAt, at + windowSeconds * 1000), at + HOUR);
}

function nameOf(api: string, credentialId: string): string {
  return `${api} ${credentialId}`;
}
