import { setTimeout as wait } from "node:timers/promises";
import { startRepeating } from "../store/repeating.ts";
import type { Store } from "../store/store.ts";
import type { StoreLog } from "../store/store-log.ts";
import type { Outcome } from "../store/webhook-claims.ts";
import type { DueEndpoint } from "../store/webhook-due.ts";
import { type ServeParts, serveEndpoint } from "./serve-endpoint.ts";

interface SenderParts extends Omit<ServeParts, "stopping" | "aborting" | "count" | "store"> {
  readonly store: Pick<Store, "write" | "webhooks">;
  readonly log: StoreLog;
  /** Most endpoints that are served at once. */
  readonly most?: number;
  /** How often it looks for what others have put on its way. */
  readonly everyMillis?: number;
}

/** Sends webhooks in the background. */
export interface Sender {
  /** Looks now. */
  wake(): void;
  counts(): {
    readonly delivered: number;
    readonly failed: number;
    readonly serving: number;
  };
  /** Begins nothing more, waits a moment for what is under way, and cuts off what is left. */
  stop(): Promise<void>;
}

const MOST_AT_ONCE = 64;
const EVERY_MILLIS = 500;
const GRACE_MILLIS = 5_000;
const NOBODY = { api: "", accountId: null } as const;

/**
 * Starts sending. Any number of processes may, on the same database: a lease on each endpoint makes
 * one of them its sender. Those that fail take at most half of the places, and those of one account
 * a quarter, so that however many of them hang, the others are served.
 */
export function startSender(parts: SenderParts): Sender {
  const { store, clock, log, most = MOST_AT_ONCE, everyMillis = EVERY_MILLIS } = parts;
  const stopping = new AbortController();
  const aborting = new AbortController();
  const serving = new Map<string, DueEndpoint & { readonly served: Promise<void> }>();
  let delivered = 0;
  let failed = 0;
  const count = ({ attempt }: Outcome) => {
    if (attempt.error === null) delivered += 1;
    else failed += 1;
  };
  const signals = { stopping: stopping.signal, aborting: aborting.signal };

  const looking = startRepeating({
    everyMillis,
    async round() {
      let mayBeMore = true;
      while (mayBeMore && serving.size < most && !stopping.signal.aborted) {
        // More than there are places, so that it holds one at least that is not served yet.
        const limit = most * 2;
        const filter = { limit, failing: hasRoomForFailing(), except: fullAccounts() };
        const due = await store.webhooks.dueEndpoints(clock(), filter);
        for (const endpoint of due) if (hasRoomFor(endpoint)) serve(endpoint);
        mayBeMore = due.length === limit;
      }
    },
    onError: (error) => log.warn({ err: error }, "could not look for webhooks to send"),
  });

  function hasRoomFor(endpoint: DueEndpoint): boolean {
    if (serving.size >= most || serving.has(keyOf(endpoint))) return false;
    if (endpoint.failing && !hasRoomForFailing()) return false;
    return !fullAccounts().some(
      ({ api, accountId }) => api === endpoint.api && accountId === endpoint.accountId,
    );
  }

  function hasRoomForFailing(): boolean {
    return [...serving.values()].filter(({ failing }) => failing).length < most / 2;
  }

  /** Those that have all places that one account may have. The deployment's own may have them all. */
  function fullAccounts() {
    const byAccount = Map.groupBy(serving.values(), ({ api, accountId }) => `${api}/${accountId}`);
    return [...byAccount.values()].flatMap((all) => {
      const [{ api, accountId } = NOBODY] = all;
      return accountId !== null && all.length >= most / 4 ? [{ api, accountId }] : [];
    });
  }

  function serve(endpoint: DueEndpoint): void {
    const { api, id } = endpoint;
    const served = serveEndpoint({ ...parts, ...signals, count }, endpoint)
      .catch((error: unknown) => {
        log.warn({ err: error, api, endpointId: id }, "could not send webhooks to an endpoint");
        return false;
      })
      .then((wasServed) => {
        serving.delete(keyOf(endpoint));
        // Another may wait for its place, or it for another turn.
        if (wasServed) void looking.now();
      });
    serving.set(keyOf(endpoint), { ...endpoint, served });
  }

  return {
    wake: () => void looking.now(),
    counts: () => ({ delivered, failed, serving: serving.size }),
    async stop() {
      stopping.abort();
      await looking.stop();
      const cut = new AbortController();
      const late = wait(GRACE_MILLIS, undefined, { signal: cut.signal, ref: false }).then(
        () => aborting.abort(),
        () => undefined,
      );
      await Promise.all([...serving.values()].map(({ served }) => served));
      cut.abort();
      await late;
    },
  };
}

function keyOf({ api, id }: DueEndpoint): string {
  return `${api}/${id}`;
}
