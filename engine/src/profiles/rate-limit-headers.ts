import type { LimitState, WindowState } from "../domain/limit.ts";

/**
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10), every window named,
 * and the `X-RateLimit-*` that most clients read, whose reset is in Unix seconds.
 */
export function rateLimitHeaders({ at, decisive, windows }: LimitState): string[] {
  return [
    "RateLimit-Policy",
    windows.map(policyItem).join(", "),
    "RateLimit",
    windows.map((window) => limitItem(window, at)).join(", "),
    "X-RateLimit-Limit",
    String(decisive.limit),
    "X-RateLimit-Remaining",
    String(decisive.remaining),
    "X-RateLimit-Reset",
    String(Math.ceil(decisive.resetAt / 1000)),
  ];
}

function policyItem({ name, limit, windowSeconds }: WindowState): string {
  return `"${name}";q=${limit};w=${windowSeconds}`;
}

function limitItem({ name, remaining, resetAt }: WindowState, at: number): string {
  return `"${name}";r=${remaining};t=${Math.max(0, Math.ceil((resetAt - at) / 1000))}`;
}
