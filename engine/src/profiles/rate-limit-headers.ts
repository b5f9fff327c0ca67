import type { LimitState, WindowState } from "../domain/limit.ts";

/**
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10), every window named,
 * and the `X-RateLimit-*` that most clients read, whose reset is in Unix seconds.
 */
export function rateLimitHeaders(state: LimitState): string[] {
  const { at, windows, exceeded } = state;
  const { policies, names } = writtenOf(windows);
  const items: (string | number)[] = [];
  for (let i = 0; i < windows.length; i += 1) {
    const { remaining, resetAt } = windows[i] as WindowState;
    const seconds = Math.max(0, Math.ceil((resetAt - at) / 1000));
    items.push(names[i] as string, remaining, ";t=", seconds);
  }
  // Each reading of a state makes its windows anew.
  const decisive = exceeded ? state.decisive : (windows[0] ?? state.decisive);
  return [
    "RateLimit-Policy",
    policies,
    "RateLimit",
    // Not added up: a text in parts costs `JSON.stringify` its fast path.
    items.join(""),
    "X-RateLimit-Limit",
    String(decisive.limit),
    "X-RateLimit-Remaining",
    String(decisive.remaining),
    "X-RateLimit-Reset",
    String(Math.ceil(decisive.resetAt / 1000)),
  ];
}

/** What does not change from one request to the next. */
interface Written {
  readonly windows: readonly WindowState[];
  readonly policies: string;
  /** What comes before what remains of each window. */
  readonly names: readonly string[];
}

let last: Written | undefined;

/** Most requests in a row are limited alike. */
function writtenOf(windows: readonly WindowState[]): Written {
  if (last === undefined || !isAlike(windows, last.windows)) {
    const policies = windows.map((w) => `"${w.name}";q=${w.limit};w=${w.windowSeconds}`);
    const names = windows.map(({ name }, i) => `${i === 0 ? "" : ", "}"${name}";r=`);
    last = { windows, policies: policies.join(", "), names };
  }
  return last;
}

function isAlike(a: readonly WindowState[], b: readonly WindowState[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) {
    const [one, other] = [a[i] as WindowState, b[i] as WindowState];
    if (one.name !== other.name || one.limit !== other.limit) return false;
    if (one.windowSeconds !== other.windowSeconds) return false;
  }
  return true;
}
