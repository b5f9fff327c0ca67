import { setTimeout as pause } from "node:timers/promises";
import { type Clock, type CompiledLimit, ONE_REQUEST } from "@latchkey/engine";
import { count, isUnknownScript, isWrongCommand, type Send } from "./count-script.ts";
import { createKeptMark } from "./kept-mark.ts";
import { parseRedisUrl } from "./redis-address.ts";
import { openRedisLink, type RedisLink, type RedisNode } from "./redis-link.ts";
import { within } from "./within.ts";

/** Where it is said that Redis went away and came back; a pino logger fits. */
export interface CountersLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Redis does not answer, or not with what was asked for. `cause` says why. */
export class CountersAwayError extends Error {
  constructor(cause: unknown) {
    super(`the counters on Redis are away: ${reasonOf(cause)}`, { cause });
    this.name = "CountersAwayError";
  }
}

/** One node's way to the Redis that all nodes share. */
export interface RedisCounters {
  /** Whether Redis answered when it was last asked. */
  readonly up: boolean;
  /** How often Redis was found to have lost what was counted. */
  readonly losses: number;
  /**
   * Sends a command to where its key lives. Rejects with `CountersAwayError`, at once while Redis
   * is away and after `answerMillis` without an answer: then Redis may have done it all the same.
   * A command that Redis finds wrong rejects so too, but alone: Redis is not away for the others.
   */
  readonly send: Send;
  /** Resolves when Redis counts now; rejects with `CountersAwayError`. */
  check(): Promise<void>;
  /** Breaks off what is under way. */
  close(): Promise<void>;
}

/** How long a command may take: many times what a healthy Redis needs, little for who waits. */
const ANSWER_MILLIS = 250;
/** For each step of connecting. */
const CONNECT_MILLIS = 1000;
const FIRST_PAUSE_MILLIS = 20;
const LONGEST_PAUSE_MILLIS = 500;
const MOST_NODES = 16;

/** Counted against in order to see whether Redis counts. */
const PROBE: CompiledLimit = {
  id: "probe",
  per: "address",
  windows: [{ name: "probe", max: 1_000_000_000, windowSeconds: 1, blockSeconds: 0 }],
  refuseWhen: "any",
};
const PROBE_KEY = "latchkey:{probe}";

/**
 * Connects to Redis, single or Cluster. Resolves after the first attempt, also when it failed:
 * then, as whenever Redis goes away, it is tried again until it answers, with pauses of up to
 * half a second, and used again from then on. Nothing is kept for later in the meantime.
 */
export async function connectRedisCounters(parts: {
  /** `redis:` or `rediss:`; its password is never shown. */
  readonly url: string;
  /** Milliseconds that no one can set back. */
  readonly monotonic: Clock;
  readonly log: CountersLog;
  /** How long a command may take; default 250. */
  readonly answerMillis?: number;
}): Promise<RedisCounters> {
  const { monotonic, log, answerMillis = ANSWER_MILLIS } = parts;
  const address = parseRedisUrl(parts.url);
  const closing = new AbortController();
  let link: RedisLink | undefined;
  let known: readonly RedisNode[] = [];
  let reason: unknown = new Error("not connected yet");
  let awaySince: number | undefined;
  let saidWrong = false;
  /** Of the key that failed last: in a Cluster its master must count again, not any other. */
  let probeKey = PROBE_KEY;
  let reopening = Promise.resolve();
  const mark = createKeptMark();

  async function open(): Promise<void> {
    let opened: RedisLink | undefined;
    const next = await openRedisLink({
      address,
      nodes: [address, ...known],
      timeoutMillis: CONNECT_MILLIS,
      onBroken(error) {
        if (opened !== undefined) lose(opened, error);
      },
    });
    try {
      await within(CONNECT_MILLIS, probe(next.send));
      await within(CONNECT_MILLIS, lookForMark(next.send));
      if (closing.signal.aborted) throw new Error("closed");
    } catch (error) {
      next.destroy();
      throw error;
    }
    opened = next;
    link = next;
    known = next.nodes.slice(0, MOST_NODES);
    probeKey = PROBE_KEY;
    sayBack(next);
  }

  const probe = (send: Send) => count(send, { limit: PROBE, key: probeKey, size: ONE_REQUEST });

  async function lookForMark(send: Send): Promise<void> {
    if (!(await mark.isLost(send))) return;
    log.warn({ redis: address.name }, "Redis has lost what was counted: every window begins anew");
  }

  async function tryToOpen(): Promise<boolean> {
    try {
      await open();
      return true;
    } catch (error) {
      reason = error;
      if (!closing.signal.aborted) sayAway();
      return false;
    }
  }

  async function reopen(): Promise<void> {
    let wait = FIRST_PAUSE_MILLIS;
    while (!closing.signal.aborted && !(await tryToOpen())) {
      await pause(wait, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
      wait = Math.min(wait * 2, LONGEST_PAUSE_MILLIS);
    }
  }

  function lose(lost: RedisLink, error: unknown, key?: string): void {
    if (link !== lost || closing.signal.aborted) return;
    link = undefined;
    reason = error;
    // Beside the key that failed, so on the same master, but never the key itself.
    if (key !== undefined) probeKey = `${key}:probe`;
    lost.destroy();
    sayAway();
    reopening = reopen();
  }

  function sayAway(): void {
    if (awaySince !== undefined) return;
    awaySince = monotonic();
    const fields = { redis: address.name, reason: reasonOf(reason) };
    log.warn(fields, "the counters on Redis are away");
  }

  /** Once: what is wrong with one command is likely wrong with many. */
  function sayWrong(error: unknown): void {
    if (saidWrong) return;
    saidWrong = true;
    log.warn({ redis: address.name, reason: reasonOf(error) }, "Redis refuses a command");
  }

  function sayBack({ kind }: RedisLink): void {
    const fields = { redis: address.name, kind };
    if (awaySince === undefined) log.info(fields, "requests are counted on Redis");
    else {
      const awaySeconds = Math.round(monotonic() - awaySince) / 1000;
      log.info({ ...fields, awaySeconds }, "the counters on Redis are back");
    }
    awaySince = undefined;
  }

  const send: Send = async (key, command) => {
    const current = link;
    if (current === undefined) throw new CountersAwayError(reason);
    try {
      return await within(answerMillis, current.send(key, command));
    } catch (error) {
      if (isUnknownScript(error)) throw error;
      if (isWrongCommand(error)) sayWrong(error);
      else lose(current, error, key);
      throw new CountersAwayError(error);
    }
  };

  if (!(await tryToOpen())) reopening = reopen();
  return {
    get up() {
      return link !== undefined;
    },
    get losses() {
      return mark.losses;
    },
    send,
    check: async () => {
      await probe(send);
      await lookForMark(send);
    },
    async close() {
      closing.abort();
      link?.destroy();
      link = undefined;
      await reopening;
    },
  };
}

/** In words, for logs. Connecting to a name with several addresses fails with several errors. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join("; ");
  return error instanceof Error ? error.message || error.name : String(error);
}
