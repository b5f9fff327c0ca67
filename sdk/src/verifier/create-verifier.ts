import { randomBytes } from "node:crypto";
// The global of this name is looked up anew each time, for each request.
import { performance } from "node:perf_hooks";
import {
  corsHeaders,
  createLeasedLimiter,
  type Decision,
  newRequestId,
  preflightAnswer,
  type Rendered,
  requestIdOf,
} from "@latchkey/engine";
import { followChanges } from "./change-feed.ts";
import { createDecider, type Decider } from "./decider.ts";
import { followedSource } from "./followed-source.ts";
import { createKnownApi, type KnownApi } from "./known-api.ts";
import { keepLease } from "./lease-keeper.ts";
import { createOnline } from "./online.ts";
import { askForSlices } from "./remote-slices.ts";
import { createRemoteSource } from "./remote-source.ts";
import { openServerLink } from "./server-link.ts";
import { timed } from "./timed.ts";
import { startUsageReport } from "./usage-report.ts";
import type {
  AnswerContext,
  CreateVerifier,
  Verifier,
  VerifierOptions,
  VerifierProblem,
  VerifierStatus,
} from "./verifier.ts";

const ADDRESS = /^https?:\/\/[^?#]+$/i;
const SLUG = /^[a-z][a-z0-9-]{0,31}$/;
const TOKEN = /^[\x21-\x7e]{1,8192}$/;
const START_MILLIS = 10_000;
/** A process that ends is not held up for longer by a server that takes its report and says nothing. */
const LAST_REPORT_MILLIS = 2000;
const SAME_PROBLEM_MILLIS = 10_000;
const DEFAULT_CAPACITY = 1_000_000;
/** More places cannot be numbered. */
const MOST_CAPACITY = 16_777_214;

const wall = () => Date.now();
const monotonic = () => performance.now();

/** Composes a verifier of its parts, and waits until it can decide by itself. */
export const createVerifier: CreateVerifier = async (options) => {
  const { requireTls = false } = options;
  const capacity = capacityOf(options);
  const onProblem = problemsTold(options, monotonic);
  const link = openServerLink({ base: baseOf(options), token: tokenOf(options) });
  const verifier = `vrf_${randomBytes(12).toString("hex")}`;
  const keeper = keepLease({
    ...{ link, verifier, wall, monotonic },
    onProblem: onProblem("lease"),
    mark: () => feed.mark(),
    onBehind: () => feed.again(),
  });
  const followed = followedSource(createRemoteSource(link));
  const api = createKnownApi({
    source: followed.source,
    lease: keeper.lease,
    leased: createLeasedLimiter({
      ask: askForSlices(link),
      clock: wall,
      monotonic: keeper.monotonicNow,
      maxKeys: capacity,
    }),
    clock: keeper.now,
    requireTls,
    capacity,
    onUnable: onProblem("policy"),
  });
  const feedProblem = onProblem("feed");
  let seq: number | undefined;
  const feed = followChanges(link, {
    get seq() {
      return seq;
    },
    hello(hello) {
      const isRight = followed.follow(hello.seq) && hello.resumed;
      if (!isRight && seq !== undefined) {
        keeper.startAfresh();
        api.forget();
      }
      seq = hello.seq;
      api.adopt(hello);
      keeper.applied(seq);
    },
    change(change) {
      api.apply(change);
      seq = change.seq;
      keeper.applied(seq);
    },
    broken(why) {
      followed.lose();
      feedProblem(why);
    },
  });
  const usage = startUsageReport({ link, onProblem: onProblem("usage") });
  const online = createOnline({ link, clock: wall, monotonic, onProblem: onProblem("online") });
  const idOf = requestIds(() => api.engine?.policy.policy.requestIds === "make");
  const decider = createDecider({
    api,
    keeper,
    online,
    clock: wall,
    requestIdOf: idOf,
    count: usage.count,
  });
  let closing: Promise<void> | undefined;

  async function close(): Promise<void> {
    await decider.stop();
    feed.stop();
    await Promise.all([keeper.stop(), within(LAST_REPORT_MILLIS, usage.stop())]);
    link.close();
  }

  function status(): VerifierStatus {
    const leaseMillis = keeper.rest();
    return {
      mode: closing !== undefined ? "closed" : modeOf(api, leaseMillis),
      unable: api.unable,
      leaseMillis,
      lagMillis: keeper.lease.age(),
      seq: seq ?? 0,
      known: api.engine?.known() ?? 0,
      online: online.count,
      stale: decider.stale,
    };
  }

  await within(START_MILLIS, keeper.held);
  return {
    verify: timed({ decider, usage, monotonic, random: Math.random }),
    requestIdOf: idOf,
    render: (decision, context) => render({ api, decider }, decision, context),
    preflight: preflightAnswer,
    get status() {
      return status();
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
};

/** Tells of problems of a kind; of one that was told, only after a while. */
export function problemsTold(
  { onProblem }: Pick<VerifierOptions, "onProblem">,
  clock: () => number,
) {
  return (kind: VerifierProblem["kind"]) => {
    const told = new Map<string, number>();
    return (cause: Error) => {
      const { message } = cause;
      const at = clock();
      // A server that is away is asked several times a second, and who is told may write it down.
      for (const [each, since] of told) {
        if (at - since >= SAME_PROBLEM_MILLIS) told.delete(each);
      }
      if (told.has(message)) return;
      told.set(message, at);
      const tell = async () => onProblem?.({ kind, message, cause });
      // Whoever is told must not bring down what it is told of, now or later.
      tell().catch(() => undefined);
    };
  };
}

/**
 * Where the server answers for one API, without a slash at the end.
 *
 * @throws {TypeError} `url` or `api` cannot be one.
 */
export function baseOf({ url, api }: Pick<VerifierOptions, "url" | "api">): URL {
  if (!isText(api, SLUG)) throw new TypeError(`no API can be called "${api}"`);
  const given = isText(url, ADDRESS) ? url.replace(/\/+$/, "") : "";
  const base = URL.parse(`${given}/v1/apis/${api}`);
  if (base !== null) return base;
  throw new TypeError("url must be the http(s) address of a Latchkey server");
}

/**
 * The token, as it can stand in a header.
 *
 * @throws {TypeError} `token` cannot be one.
 */
export function tokenOf({ token }: Pick<VerifierOptions, "token">): string {
  if (isText(token, TOKEN)) return token;
  throw new TypeError("token must be an operator token");
}

/** @throws {TypeError} */
function capacityOf({ capacity = DEFAULT_CAPACITY }: Pick<VerifierOptions, "capacity">): number {
  if (Number.isInteger(capacity) && capacity >= 1 && capacity <= MOST_CAPACITY) return capacity;
  throw new TypeError(`capacity must be a whole number from 1 to ${MOST_CAPACITY}`);
}

/** An expression alone takes a variable that is not set for the text "undefined". */
function isText(value: unknown, form: RegExp): boolean {
  return typeof value === "string" && form.test(value);
}

function modeOf(api: KnownApi, leaseMillis: number): VerifierStatus["mode"] {
  return api.engine !== undefined && leaseMillis > 0 ? "memory" : "online";
}

/**
 * One id for each request, however often it is asked for. It is kept on the list of the request's
 * own headers: a `WeakMap` that gets one entry for each request costs as much as half a decision.
 */
export function requestIds(areMade: () => boolean): Verifier["requestIdOf"] {
  const id = Symbol("request id");
  const ofFrozen = new WeakMap<readonly string[], string>();
  return ({ headers }: { readonly headers: readonly string[] & { [id]?: string } }): string => {
    const known = headers[id] ?? ofFrozen.get(headers);
    if (known !== undefined) return known;
    const made = areMade() ? newRequestId() : requestIdOf(headers);
    if (Object.isExtensible(headers)) headers[id] = made;
    else ofFrozen.set(headers, made);
    return made;
  };
}

/** As the server says it, or as the engine does, or as best as can be said without either. */
export function render(
  { api, decider }: { api: Pick<KnownApi, "engine">; decider: Decider },
  decision: Decision,
  context: AnswerContext,
): Rendered {
  const rendered = decider.renderedBy(decision) ?? api.engine?.render(decision, context) ?? AWAY;
  // `concat` takes twice as long.
  const headers = [...corsHeaders(rendered.headers), ...rendered.headers];
  const staleSeconds = decider.staleSeconds(decision);
  if (staleSeconds !== undefined) headers.push("X-Latchkey-Stale", String(staleSeconds));
  return { status: rendered.status, headers, body: rendered.body };
}

/** Without a policy there is no document to say it. */
const AWAY: Rendered = {
  status: 503,
  headers: ["Content-Type", "application/json; charset=utf-8", "Retry-After", "5"],
  body: '{"error":{"code":"SERVICE_UNAVAILABLE","message":"Try again in a moment."}}',
};

async function within(millis: number, done: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, millis);
  await Promise.race([done, late.promise]);
  clearTimeout(timer);
}
