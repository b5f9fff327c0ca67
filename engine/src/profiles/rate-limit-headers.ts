import type { LimitState } from "../domain/limit.ts";

/**
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10), every window named,
 * and the `X-RateLimit-*` that most clients read, whose reset is in Unix seconds.
 */
export function rateLimitHeaders(state: LimitState): string[] {
  const { at, windows, exceeded } = state;
  let policies = "";
  let items = "";
  for (const { name, limit, windowSeconds, remaining, resetAt } of windows) {
    const start = policies === "" ? `"${name}"` : `, "${name}"`;
    policies += `${start};q=${limit};w=${windowSeconds}`;
    items += `${start};r=${remaining};t=${Math.max(0, Math.ceil((resetAt - at) / 1000))}`;
  }
  // Each reading of a state makes its windows anew.
  const decisive = exceeded ? state.decisive : (windows[0] ?? state.decisive);
  return [
    "RateLimit-Policy",
    policies,
    "RateLimit",
    items,
    "X-RateLimit-Limit",
    String(decisive.limit),
    "X-RateLimit-Remaining",
    String(decisive.remaining),
    "X-RateLimit-Reset",
    String(Math.ceil(decisive.resetAt / 1000)),
  ];
}
