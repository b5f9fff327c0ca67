import pg from "pg";
import { startRepeating } from "../repeating.ts";
import type { StoreLog } from "../store-log.ts";
import { clientConfig } from "./pool.ts";

const CHANNEL = "latchkey_changes";
const LOOK_MILLIS = 1000;
const QUERY_MILLIS = 4000;
/** Instead of an API: nothing is announced, only asked whether the database is still there. */
const NOBODY = "";

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
      await say(api).catch((error: unknown) =>
        log.warn({ err: error, api }, "could not announce a change, or hear of any"),
      );
    }
    sending = undefined;
  }

  async function say(api: string): Promise<void> {
    const through = client;
    try {
      if (api === NOBODY) await through?.query("select 1");
      else {
        const told = [CHANNEL, `${node} ${api}`];
        await (through ?? pool).query("select pg_notify($1, $2)", told);
      }
    } catch (error) {
      // One that does not answer says nothing of what others announce, either.
      if (client === through) client = undefined;
      through?.end().catch(() => undefined);
      throw error;
    }
  }

  /** Has a connection that lives: whose other end is gone may never be told so. */
  async function look(): Promise<void> {
    if (client === undefined) return connect();
    announce(NOBODY);
    await sending;
  }

  function announce(api: string): void {
    unsent.add(api);
    sending ??= send();
  }

  const looking = startRepeating({
    everyMillis: LOOK_MILLIS,
    round: look,
    onError: (error) => log.warn({ err: error }, "could not listen for changes"),
  });
  await looking.now();

  return {
    announce,
    onAnnounced: (listener) => {
      listeners.push(listener);
    },
    async stop() {
      await looking.stop();
      await sending;
      await client?.end();
    },
  };
}
