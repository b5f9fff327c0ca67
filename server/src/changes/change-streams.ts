import { ApiError, type IssuerKeysState } from "@latchkey/engine";
import { toIssuerKeysState } from "../store/issuer-keys.ts";
import type { ChangeRecord } from "../store/records.ts";
import { startRepeating } from "../store/repeating.ts";
import { DEPLOYMENT, type Store } from "../store/store.ts";
import type { StoreLog } from "../store/store-log.ts";
import { markAt } from "./mark-at.ts";
import { firstOf, lineOf, type Part, RecentLines } from "./recent-lines.ts";

/** Where a stream goes. */
export interface StreamSink {
  /** Resolves once it has left. */
  write(text: string): Promise<void>;
  /** Bytes that were written and have not left yet. */
  readonly waiting: number;
  end(): void;
}

/** Which changes somebody wants to follow. */
export interface Following {
  readonly api: string;
  /**
   * The last change that is known already, with its mark; without it, when it is another one or too
   * long ago: from now on.
   */
  readonly after: { readonly seq: number; readonly mark: string } | undefined;
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
  /** The last change that was written to it. */
  seq: number;
  /** For how many heartbeats nothing has left. */
  stuck: number;
  ended: boolean;
}

/** One API's changes: read once, whoever follows them. */
interface Source {
  readonly recent: RecentLines;
  /** Those who have been given every change so far; others read on at their own pace. */
  readonly live: Set<Follower>;
}

/** What a stream needs to begin. */
interface Beginning {
  readonly source: Source;
  /** The last change there is. */
  readonly head: number;
  readonly policy: unknown;
  readonly issuerKeys: IssuerKeysState;
  readonly markAt: (seq: number) => Promise<string>;
}

const HEARTBEAT_MILLIS = 1000;
const MOST_STREAMS = 10_000;
/** Who missed more starts afresh: that costs less than to read all of it. */
const MOST_REPLAYED = 10_000;
const PAGE = 500;
/** Bytes; beyond it one reads at its own pace, so that thousands who are slow cost little memory. */
const MOST_WAITING = 64 * 1024;
/** Who does not read at all is cut off, and may come back for the rest. */
const MOST_STUCK = 10;

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
    for (const follower of source.live) {
      if (text === undefined || follower.sink.waiting + text.length > MOST_WAITING) {
        source.live.delete(follower);
        void follow(api, source, follower);
      } else {
        follower.seq = source.recent.seq;
        void follower.sink.write(text);
      }
    }
  });

  const heartbeat = startRepeating({
    everyMillis: heartbeatMillis,
    async round() {
      for (const follower of [...followers]) {
        follower.stuck = follower.sink.waiting > 0 ? follower.stuck + 1 : 0;
        if (follower.stuck >= MOST_STUCK) end(follower);
      }
      for (const { live, recent } of sources.values()) {
        const line = `${JSON.stringify({ kind: "heartbeat", seq: recent.seq })}\n`;
        for (const { sink } of live) void sink.write(line);
      }
    },
    onError: (error) => log.error({ err: error }, "could not write heartbeats"),
  });

  function endRevoked({ kind, subjectId, state }: ChangeRecord): void {
    if (kind !== "operator_token" || (state as { revokedAt: unknown }).revokedAt === null) return;
    for (const follower of followers) if (follower.operatorId === subjectId) end(follower);
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

  /** Writes what was missed, each part when the one before has left; then the listener writes. */
  async function follow(api: string, source: Source, follower: Follower): Promise<void> {
    try {
      while (!follower.ended) {
        const { text, seq } =
          source.recent.after(follower.seq) ?? (await stored(api, follower.seq));
        if (text === "") {
          source.live.add(follower);
          return;
        }
        follower.seq = seq;
        await follower.sink.write(text);
        follower.stuck = 0;
      }
    } catch (error) {
      log.warn({ err: error, api }, "a stream of changes was given up");
      end(follower);
    }
  }

  async function stored(api: string, seq: number): Promise<Part> {
    const page = await store.changes.after(api, seq, PAGE);
    if (page[0]?.seq !== seq + 1) throw new Error(`change ${seq + 1} is not there`);
    return firstOf(page.map(lineOf), 0, seq);
  }

  /** What all who open at the same time begin with: when a node starts, that may be thousands. */
  const beginning = joined(async (api): Promise<Beginning> => {
    const source = await sourceOf(api);
    const head = source.recent.seq;
    // Read after the place was chosen: what is later than that also is among the changes to come.
    const policy = await store.policies.newest(api);
    const issuerKeys = toIssuerKeysState(await store.issuerKeys.list(api));
    const marks = new Map<number, Promise<string>>();
    const known = (seq: number) => {
      const mark = marks.get(seq) ?? markAt(store.changes, api, seq);
      marks.set(seq, mark);
      return mark;
    };
    return { source, head, policy, issuerKeys, markAt: known };
  });

  return {
    async open({ api, after, operatorId }) {
      if (followers.size >= MOST_STREAMS) {
        throw new ApiError("STORE_UNAVAILABLE", "This node serves as many verifiers as it can.");
      }
      const { source, head, policy, issuerKeys, markAt } = await beginning(api);
      const resumed = await canResume(after, { head, markAt });
      const seq = resumed && after !== undefined ? after.seq : head;
      const mark = resumed && after !== undefined ? after.mark : await markAt(head);
      const hello = { kind: "hello", seq, mark, resumed, policy, issuerKeys };
      return {
        start(sink) {
          const follower: Follower = { operatorId, sink, seq, stuck: 0, ended: false };
          followers.add(follower);
          void sink.write(`${JSON.stringify(hello)}\n`);
          void follow(api, source, follower);
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

/** Whether somebody who knows the changes up to `after` can go on from there. */
async function canResume(
  after: Following["after"],
  { head, markAt }: Pick<Beginning, "head" | "markAt">,
): Promise<boolean> {
  if (after === undefined || after.seq > head || head - after.seq > MOST_REPLAYED) return false;
  return (await markAt(after.seq)) === after.mark;
}

/** Reads for one API at a time: whoever comes meanwhile gets the next, which begins after they came. */
function joined<Read>(read: (api: string) => Promise<Read>): (api: string) => Promise<Read> {
  const last = new Map<string, { begun: boolean; readonly result: Promise<Read> }>();
  return (api) => {
    const before = last.get(api);
    if (before?.begun === false) return before.result;
    const begin = () => {
      mine.begun = true;
      return read(api);
    };
    const mine = { begun: false, result: Promise.resolve(before?.result).then(begin, begin) };
    last.set(api, mine);
    return mine.result;
  };
}
