import type { LimitState, WindowState } from "../domain/limit.ts";
import { keptByLimit } from "./kept-by-limit.ts";

/**
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10), every window named,
 * and the `X-RateLimit-*` that most clients read, whose reset is in Unix seconds.
 */
export function rateLimitHeaders(state: LimitState): string[] {
  const { at, windows, exceeded } = state;
  const { policies, names } = writtenOf(windows);
  let text = "";
  for (let i = 0; i < windows.length; i += 1) {
    const { remaining, resetAt } = windows[i] as WindowState;
    text += `${names[i]}${remaining};t=${secondsTo(resetAt, at)}`;
  }
  // Each reading of a state makes its windows anew.
  const decisive = exceeded ? state.decisive : (windows[0] ?? state.decisive);
  return [
    "RateLimit-Policy",
    policies,
    "RateLimit",
    text,
    "X-RateLimit-Limit",
    String(decisive.limit),
    "X-RateLimit-Remaining",
    String(decisive.remaining),
    "X-RateLimit-Reset",
    String(Math.ceil(decisive.resetAt / 1000)),
  ];
}

/** The names of `rateLimitHeaders`, in their order. */
export const RATE_LIMIT_NAMES = [
  "RateLimit-Policy",
  "RateLimit",
  "X-RateLimit-Limit",
  "X-RateLimit-Remaining",
  "X-RateLimit-Reset",
];

/**
 * `rateLimitHeaders` as members of an object, in the text that `JSON.stringify` makes of it;
 * `undefined` where another than the first window speaks for all.
 */
export function rateLimitMembers({ at, windows, exceeded }: LimitState): string | undefined {
  const first = windows[0];
  if (first === undefined || exceeded) return undefined;
  const { inJson } = writtenOf(windows);
  let text = "";
  for (let i = 0; i < windows.length; i += 1) {
    const { remaining, resetAt } = windows[i] as WindowState;
    text += `${inJson.names[i]}${remaining};t=${secondsTo(resetAt, at)}`;
  }
  const reset = Math.ceil(first.resetAt / 1000);
  return `${text}${inJson.limit}${first.remaining}","X-RateLimit-Reset":"${reset}"`;
}

function secondsTo(resetAt: number, at: number): number {
  return Math.max(0, Math.ceil((resetAt - at) / 1000));
}

/** What does not change from one request to the next. */
interface Written {
  readonly policies: string;
  /** What comes before what remains of each window. */
  readonly names: readonly string[];
  readonly inJson: {
    /** The same, the first with all that comes before it. */
    readonly names: readonly string[];
    /** From the last window to what remains of the first. */
    readonly limit: string;
  };
}

const writtenOf = keptByLimit((windows): Written => {
  const policies = windows.map((w) => `"${w.name}";q=${w.limit};w=${w.windowSeconds}`).join(", ");
  const names = windows.map(({ name }, i) => `${i === 0 ? "" : ", "}"${name}";r=`);
  return { policies, names, inJson: inJson(policies, names, windows[0]?.limit) };
});

function inJson(
  policies: string,
  names: readonly string[],
  limit: number | undefined,
): Written["inJson"] {
  const start = ['"RateLimit-Policy":', JSON.stringify(policies), ',"RateLimit":"'];
  const parts = names.map((name, i) => [...(i === 0 ? start : []), ...inside(name)]);
  const between = ['","X-RateLimit-Limit":"', limit, '","X-RateLimit-Remaining":"'];
  // In one piece each: it is put into many texts, which are copied piece by piece.
  return { names: parts.map((each) => each.join("")), limit: between.join("") };
}

/** What stands between the quotes, letter by letter. */
function inside(text: string): readonly string[] {
  return [...JSON.stringify(text).slice(1, -1)];
}
