import type {
  ApiRequest,
  Decision,
  LimitState,
  Principal,
  Reason,
  Rendered,
} from "@latchkey/engine";
import { gatheredCalls, NOTHING_DONE } from "./gathered-calls.ts";
import type { LinkError, ServerLink } from "./server-link.ts";

/** The server's own decision, with the answer that it would give. */
export interface OnlineDecision {
  readonly decision: Decision;
  readonly rendered: Rendered;
}

/** Has the server decide. */
export interface Online {
  /**
   * `undefined` when the server does not answer, or did not a moment ago; `unfit` when it does, and
   * takes no such request. Never rejects.
   */
  decide(request: ApiRequest, requestId: string): Promise<OnlineDecision | "unfit" | undefined>;
  /** How many requests it decided. */
  readonly count: number;
}

/** One decision of `POST verify/batch`, as far as it is looked at. */
interface VerifyAnswer {
  readonly outcome: "allow" | "deny";
  readonly reason?: Reason;
  readonly principal?: Principal;
  readonly limit?: {
    readonly name: string;
    readonly windows: readonly {
      readonly name: string;
      readonly limit: number;
      readonly remaining: number;
      readonly windowSeconds: number;
      readonly resetAt: string;
    }[];
    readonly decidedBy: LimitState["decidedBy"];
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | null;
  };
}

const TIMEOUT_MILLIS = 2500;
/** More than that the server takes in no call. */
const MOST_IN_ONE_CALL = 100;
const MOST_UNDER_WAY = 256;
/** For so long nobody else is made to wait for a server that does not answer. */
const REST_MILLIS = 500;
/**
 * What a policy cannot look at stays here; `host` too, for by it the server would believe the client
 * where it called.
 */
const NOT_SENT = [
  "cookie",
  "connection",
  "content-length",
  "host",
  "transfer-encoding",
  "__proto__",
];

/**
 * Asks `POST verify/batch`, for a bounded number of requests at a time: those of one turn of the
 * event loop in one call, which costs both sides a small part of what as many calls would.
 */
export function createOnline(parts: {
  readonly link: Pick<ServerLink, "post">;
  readonly clock: () => number;
  readonly monotonic: () => number;
  readonly onProblem: (error: LinkError) => void;
}): Online {
  const { link, clock, monotonic, onProblem } = parts;
  const ask = gatheredCalls<object, VerifyAnswer>({
    link,
    path: "/verify/batch",
    timeoutMillis: TIMEOUT_MILLIS,
    mostInOneCall: MOST_IN_ONE_CALL,
    write: (requests) => ({ requests }),
    // Written by the server's own verify route.
    read: (answer) => (answer as { readonly decisions?: readonly VerifyAnswer[] }).decisions,
  });
  let underWay = 0;
  let restsUntil = 0;
  let count = 0;

  return {
    get count() {
      return count;
    },
    async decide(request, requestId) {
      if (underWay >= MOST_UNDER_WAY || monotonic() < restsUntil) return undefined;
      underWay += 1;
      try {
        const answer = await ask(asked(request, requestId));
        count += 1;
        return readAnswer(answer, clock());
      } catch (error) {
        const { status } = error as LinkError;
        // Who was answered, though with a refusal, reached a server that lives.
        if (status === undefined || status >= 500) restsUntil = monotonic() + REST_MILLIS;
        onProblem(error as LinkError);
        return NOTHING_DONE.has(status) ? "unfit" : undefined;
      } finally {
        underWay -= 1;
      }
    },
  };
}

function asked(
  { method, target, headers, address, secure, base }: ApiRequest,
  requestId: string,
): object {
  // A client chooses the names: none may be found that it did not send, such as `constructor`.
  const lines: Record<string, string | string[]> = {};
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    if (NOT_SENT.includes(name)) continue;
    const value = headers[i + 1] as string;
    const before = Object.hasOwn(lines, name) ? lines[name] : undefined;
    if (before === undefined) lines[name] = value;
    else if (typeof before === "string") lines[name] = [before, value];
    else before.push(value);
  }
  // An absolute URL would be taken apart there, and its path decided about, which is refused here.
  const url = target.startsWith("/") ? target : `//${target}`;
  return { method, url, headers: lines, ip: address, secure, base, requestId };
}

function readAnswer(answer: VerifyAnswer, now: number): OnlineDecision {
  const { outcome, reason, principal, response } = answer;
  const limit = answer.limit === undefined ? undefined : limitOf(answer.limit, reason, now);
  const headers: string[] = [];
  for (const name in response.headers) headers.push(name, response.headers[name] as string);
  const rendered = { status: response.status, headers, body: response.body };
  const same = { at: now, limit, rotation: undefined, apiVersion: undefined, trace: undefined };
  if (outcome === "allow" && principal !== undefined) {
    const decision = { ...same, outcome, principal, requirement: UNKNOWN, expiresAt: null };
    return { rendered, decision };
  }
  const decision: Decision = {
    ...same,
    outcome: "deny",
    reason: reason ?? "source_unavailable",
    scheme: principal?.scheme,
    principal,
    requirement: undefined,
    retryAfterSeconds: secondsIn(response.headers),
  };
  return { rendered, decision };
}

/** The server has compared the request with it, and tells only what came out. */
const UNKNOWN = {
  match: "*",
  anonymous: false,
  scopes: [],
  owner: null,
  accepts: [],
  context: "account",
  account: null,
  family: null,
} as const;

function limitOf(
  { name, windows, decidedBy }: NonNullable<VerifyAnswer["limit"]>,
  reason: Reason | undefined,
  now: number,
): LimitState | undefined {
  const states = windows.map((window) => ({ ...window, resetAt: Date.parse(window.resetAt) }));
  const decisive = states.find((window) => window.name === name);
  if (decisive === undefined) return undefined;
  const exceeded = reason === "rate_limited";
  return {
    at: now,
    windows: states,
    decisive,
    exceeded,
    retryAt: exceeded ? decisive.resetAt : undefined,
    // What is local to the server is not to us.
    decidedBy: decidedBy === "local" ? "server" : decidedBy,
  };
}

function secondsIn(headers: Readonly<Record<string, string>>): number | undefined {
  const line = Object.entries(headers).find(([name]) => name.toLowerCase() === "retry-after");
  return line === undefined ? undefined : Number(line[1]);
}
