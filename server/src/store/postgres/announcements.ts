import pg from "pg";
import { startRepeating } from "../repeating.ts";
import type { StoreLog } from "../store-log.ts";
import { clientConfig } from "./pool.ts";

const CHANNEL = "latchkey_changes";
const RECONNECT_MILLIS = 1000;
const QUERY_MILLIS = 4000;

/** Wakes the other nodes up when a feed has moved. What it loses, their polls find. */
export interface Announcements {
  announce(api: string): void;
  /** Called without an API when announcements may have been missed. */
  onAnnounced(listener: (api: string | undefined) => void): void;
  stop(): Promise<void>;
}

interface AnnouncementsParts {
  readonly url: string;
  readonly pool: pg.Pool;
  /** Distinguishes this node's announcements from the others'. */
  readonly node: string;
  readonly log: StoreLog;
}

/** Listens on a connection of its own, and keeps trying to have one. */
export async function startAnnouncements(parts: AnnouncementsParts): Promise<Announcements> {
  const { url, pool, node, log } = parts;
  const listeners: ((api: string | undefined) => void)[] = [];
  const unsent = new Set<string>();
  let sending: Promise<void> | undefined;
  let client: pg.Client | undefined;

  function tell(api: string | undefined): void {
    for (const listener of listeners) listener(api);
  }

  async function connect(): Promise<void> {
    if (client !== undefined) return;
    const made = new pg.Client({ ...clientConfig(url), query_timeout: QUERY_MILLIS });
    const drop = () => {
      if (client === made) client = undefined;
    };
    made.on("error", drop);
    made.on("end", drop);
    made.on("notification", ({ payload = "" }) => {
      const [from, api] = payload.split(" ");
      if (from !== node) tell(api);
    });
    try {
      await made.connect();
      await made.query(`listen ${CHANNEL}`);
    } catch (error) {
      made.end().catch(() => undefined);
      throw error;
    }
    client = made;
    tell(undefined);
  }

  /**
   * Outside the writing transaction: a NOTIFY in it would make all commits wait in one line. And on
   * the connection that listens, so that it waits for no other work either.
   */
  async function send(): Promise<void> {
    for (const api of unsent) {
      unsent.delete(api);
      await (client ?? pool)
        .query("select pg_notify($1, $2)", [CHANNEL, `${node} ${api}`])
        .catch((error: unknown) => log.warn({ err: error, api }, "could not announce a change"));
    }
    sending = undefined;
  }

  const connecting = startRepeating({
    everyMillis: RECONNECT_MILLIS,
    round: connect,
    onError: (error) => log.warn({ err: error }, "could not listen for changes"),
  });
  await connecting.now();

  return {
    announce(api) {
      unsent.add(api);
      sending ??= send();
    },
    onAnnounced: (listener) => {
      listeners.push(listener);
    },
    async stop() {
      await connecting.stop();
      await sending;
      await client?.end();
    },
  };
}
