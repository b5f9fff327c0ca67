import { createFeed, type Feed } from "./feed.ts";
import type { ChangeRecord } from "./records.ts";
import { startRepeating } from "./repeating.ts";
import type { StoreLog } from "./store-log.ts";

type Listener = (api: string, changes: readonly ChangeRecord[]) => void;

/** The feeds of all APIs, and the listeners of the process. */
export interface Feeds {
  onChange(listener: Listener): void;
  /** Delivers what this process has committed; see `Feed.take`. */
  take(api: string, changes: readonly ChangeRecord[]): Promise<void> | undefined;
  /** See `Feed.confirm`. */
  confirm(api: string, seq: number): Promise<void>;
  /** Another process may have written to this API, or, without one, to any. */
  look(api: string | undefined): void;
  stop(): Promise<void>;
}

interface FeedsParts {
  /** Where each feed begins. An API that is not in it begins with its first change. */
  readonly heads: ReadonlyMap<string, number>;
  readonly readHeads: () => Promise<ReadonlyMap<string, number>>;
  readonly changes: {
    after(api: string, seq: number, limit: number): Promise<readonly ChangeRecord[]>;
  };
  readonly log: StoreLog;
}

/** How long another process's change can go unnoticed when its announcement was lost. */
const POLL_MILLIS = 1000;

/** Starts the feeds and looks once a second for what other processes wrote. */
export function startFeeds({ heads, readHeads, changes, log }: FeedsParts): Feeds {
  const feeds = new Map<string, Feed>();
  const listeners: Listener[] = [];

  function deliver(api: string, news: readonly ChangeRecord[]): void {
    for (const listener of listeners) {
      try {
        listener(api, news);
      } catch (error) {
        // One listener's fault must not keep a revocation from the others.
        log.error({ err: error, api }, "a listener to changes failed");
      }
    }
  }

  function feedOf(api: string): Feed {
    const known = feeds.get(api);
    if (known !== undefined) return known;
    const feed = createFeed({
      from: heads.get(api) ?? 0,
      read: (seq, limit) => changes.after(api, seq, limit),
      deliver: (news) => deliver(api, news),
    });
    feeds.set(api, feed);
    return feed;
  }

  const polling = startRepeating({
    everyMillis: POLL_MILLIS,
    async round() {
      for (const [api, seq] of await readHeads()) await feedOf(api).catchUp(seq);
    },
    onError: (error) => log.warn({ err: error }, "could not look for changes"),
  });

  async function lookAt(api: string): Promise<void> {
    try {
      await feedOf(api).look();
    } catch (error) {
      log.warn({ err: error, api }, "could not look for changes");
    }
  }

  return {
    onChange: (listener) => {
      listeners.push(listener);
    },
    take: (api, news) => feedOf(api).take(news),
    confirm: (api, seq) => feedOf(api).confirm(seq),
    look: (api) => void (api === undefined ? polling.now() : lookAt(api)),
    stop: () => polling.stop(),
  };
}
