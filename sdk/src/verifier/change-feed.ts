import { hash } from "node:crypto";
import type { IssuerKeysState } from "@latchkey/engine";
import { LinkError, type ServerLink } from "./server-link.ts";

/** A policy as the server recorded it; whether this release can read it is seen later. */
export interface PolicyVersion {
  readonly version: number;
  readonly digest: string;
  readonly policy: unknown;
}

/** One change, with the subject's whole new state. */
export interface Change {
  readonly kind: string;
  readonly seq: number;
  readonly state: unknown;
}

/** Where a stream begins. */
export interface Hello {
  /** Every change after this one follows. */
  readonly seq: number;
  /** Tells that one from another with its number, as there is after a database was restored. */
  readonly mark: string;
  /** Whether that is where the last stream was left; if not, what is known is worth nothing. */
  readonly resumed: boolean;
  readonly policy: PolicyVersion;
  /** The keys that sign the API's own tokens. */
  readonly issuerKeys: IssuerKeysState;
}

/** Whoever follows the changes. */
export interface ChangeListener {
  /** The last change that was applied; `undefined` before the first hello. */
  readonly seq: number | undefined;
  hello(hello: Hello): void;
  change(change: Change): void;
  broken(why: LinkError): void;
}

/** Three heartbeats that did not come. */
const IDLE_MILLIS = 3000;
const FIRST_PAUSE_MILLIS = 20;
const LONGEST_PAUSE_MILLIS = 2000;

/**
 * Follows the changes of an API until it is stopped. When the connection is lost it goes on from
 * the last change, after a pause that grows with each failure.
 */
export function followChanges(link: Pick<ServerLink, "follow">, listener: ChangeListener) {
  let pauseMillis = FIRST_PAUSE_MILLIS;
  let timer: NodeJS.Timeout | undefined;
  let leave: ReturnType<ServerLink["follow"]> | undefined;
  let stopped = false;
  /** Of the last change: its mark as the server told it, or its line. */
  let mark = "";
  let line: string | undefined;

  function lastMark(): string {
    if (line !== undefined) mark = markOf(line);
    line = undefined;
    return mark;
  }

  function connect(): void {
    timer = undefined;
    const after = listener.seq;
    const path = after === undefined ? "/changes" : `/changes?after=${after}&mark=${lastMark()}`;
    leave = link.follow(path, IDLE_MILLIS, {
      line: (text) => {
        // Written by the server's own change streams.
        const message = JSON.parse(text) as Hello & Change;
        if (message.kind === "hello") {
          listener.hello(message);
          mark = message.mark;
          return;
        }
        if (message.kind !== "heartbeat") {
          // Whatever was lost on the way: nobody may go on as if it had not been.
          if (message.seq !== (listener.seq ?? 0) + 1) throw new LinkError("a change is missing");
          listener.change(message);
          line = text;
        }
        // Not with the hello: what follows it may be what cannot be taken, each time anew.
        pauseMillis = FIRST_PAUSE_MILLIS;
      },
      end: (why) => {
        leave = undefined;
        if (stopped) return;
        listener.broken(why);
        // At random, so that all verifiers of a server that restarts do not come at once.
        timer = setTimeout(connect, pauseMillis * (0.5 + Math.random() / 2));
        pauseMillis = Math.min(LONGEST_PAUSE_MILLIS, pauseMillis * 2);
      },
    });
  }

  connect();
  return {
    /** Of the last change: tells it from another with its number. */
    mark: lastMark,
    /** Leaves the stream for another, which another node may write. */
    again(): void {
      leave?.("the stream is behind");
    },
    stop(): void {
      stopped = true;
      clearTimeout(timer);
      leave?.();
    },
  };
}

/** As the server marks a change: the first 128 bits of SHA-256 of its line. */
function markOf(line: string): string {
  return hash("sha256", line, "buffer").toString("base64url", 0, 16);
}
