import { ApiError } from "@latchkey/engine";
import { toIssuerKeysState } from "../store/issuer-keys.ts";
import type { ChangeRecord } from "../store/records.ts";
import { startRepeating } from "../store/repeating.ts";
import { DEPLOYMENT, type Store } from "../store/store.ts";
import type { StoreLog } from "../store/store-log.ts";
import { lineOf, RecentLines } from "./recent-lines.ts";

/** Where a stream goes. */
export interface StreamSink {
  write(text: string): void;
  /** Bytes that were written and have not left yet. */
  readonly waiting: number;
  end(): void;
}

/** Which changes somebody wants to follow. */
export interface Following {
  readonly api: string;
  /** The last change that is known already; without it, or when it is too long ago: from now on. */
  readonly after: number | undefined;
  /** Whose token this is; the stream ends when it is revoked. */
  readonly operatorId: string;
}

/** A stream that is ready to begin. */
export interface ChangeStream {
  /** Writes the first line and all that follow; the function it returns ends it. */
  start(sink: StreamSink): () => void;
}

/** The changes of every API, as lines of JSON, to whoever follows them. */
export interface ChangeStreams {
  /** @throws {ApiError} `STORE_UNAVAILABLE`, also when there are too many streams. */
  open(following: Following): Promise<ChangeStream>;
  /** Ends every stream. */
  close(): Promise<void>;
}

interface ChangeStreamsParts {
  readonly store: Pick<Store, "onChange" | "changes" | "policies" | "issuerKeys">;
  readonly log: StoreLog;
  /** How often a line is written when nothing happens; default 1 s. */
  readonly heartbeatMillis?: number;
}

interface Follower {
  readonly operatorId: string;
  readonly sink: StreamSink;
  ended: boolean;
}

/** One API's changes: read once, whoever follows them. */
interface Source {
  readonly recent: RecentLines;
  /** Those who have been given every change so far. */
  readonly live: Set<Follower>;
}

const HEARTBEAT_MILLIS = 1000;
const MOST_STREAMS = 10_000;
/** Who missed more starts afresh: that costs less than to read all of it. */
const MOST_REPLAYED = 10_000;
const PAGE = 500;
/** Who does not read is cut off, and may come back for the rest. */
const MOST_WAITING = 1024 * 1024;

/**
 * Serves any number of streams with one reader for each API: changes come from the store's own
 * listener, and the last ones are kept, so that following costs the database nothing.
 */
export function createChangeStreams(parts: ChangeStreamsParts): ChangeStreams {
  const { store, log, heartbeatMillis = HEARTBEAT_MILLIS } = parts;
  const sources = new Map<string, Source>();
  const followers = new Set<Follower>();

  store.onChange((api, changes) => {
    if (api === DEPLOYMENT) changes.forEach(endRevoked);
    const source = sources.get(api);
    if (source === undefined) return;
    const text = source.recent.add(changes);
    for (const follower of source.live) send(follower, text);
  });

  const heartbeat = startRepeating({
    everyMillis: heartbeatMillis,
    async round() {
      for (const { live, recent } of sources.values()) {
        const line = `${JSON.stringify({ kind: "heartbeat", seq: recent.seq })}\n`;
        for (const follower of live) send(follower, line);
      }
    },
    onError: (error) => log.error({ err: error }, "could not write heartbeats"),
  });

  function endRevoked({ kind, subjectId, state }: ChangeRecord): void {
    if (kind !== "operator_token" || (state as { revokedAt: unknown }).revokedAt === null) return;
    for (const follower of followers) if (follower.operatorId === subjectId) end(follower);
  }

  function send(follower: Follower, text: string): void {
    if (follower.ended) return;
    follower.sink.write(text);
    if (follower.sink.waiting > MOST_WAITING) end(follower);
  }

  function end(follower: Follower): void {
    if (follower.ended) return;
    follower.ended = true;
    followers.delete(follower);
    for (const { live } of sources.values()) live.delete(follower);
    follower.sink.end();
  }

  async function sourceOf(api: string): Promise<Source> {
    let source = sources.get(api);
    if (source === undefined) {
      source = { recent: new RecentLines(), live: new Set() };
      sources.set(api, source);
    }
    const head = await store.changes.head(api);
    await store.changes.caughtUp(api);
    // When the listener has not been told of any by now, it was told of all before.
    source.recent.begin(head);
    return source;
  }

  /** Writes what was missed; from then on the listener writes. */
  async function follow(api: string, source: Source, follower: Follower, from: number) {
    let last = from;
    while (!follower.ended) {
      const text = source.recent.since(last);
      if (text !== undefined) {
        send(follower, text);
        source.live.add(follower);
        return;
      }
      const page = await store.changes.after(api, last, PAGE);
      if (page[0]?.seq !== last + 1) throw new Error(`change ${last + 1} is not there`);
      send(follower, page.map(lineOf).join(""));
      last = page.at(-1)?.seq ?? last;
    }
  }

  return {
    async open({ api, after, operatorId }) {
      if (followers.size >= MOST_STREAMS) {
        throw new ApiError("STORE_UNAVAILABLE", "This node serves as many verifiers as it can.");
      }
      const source = await sourceOf(api);
      const head = source.recent.seq;
      const resumed = after !== undefined && after <= head && head - after <= MOST_REPLAYED;
      const from = resumed ? after : head;
      // Read after the place was chosen: what is later than that also is among the changes to come.
      const policy = await store.policies.newest(api);
      const issuerKeys = toIssuerKeysState(await store.issuerKeys.list(api));
      const hello = { kind: "hello", seq: from, resumed, policy, issuerKeys };
      return {
        start(sink) {
          const follower: Follower = { operatorId, sink, ended: false };
          followers.add(follower);
          sink.write(`${JSON.stringify(hello)}\n`);
          follow(api, source, follower, from).catch((error: unknown) => {
            log.warn({ err: error, api }, "a stream of changes was given up");
            end(follower);
          });
          return () => end(follower);
        },
      };
    },

    async close() {
      await heartbeat.stop();
      for (const follower of [...followers]) end(follower);
    },
  };
}
