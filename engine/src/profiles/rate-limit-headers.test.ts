import { expect, test } from "vitest";
import type { LimitState, WindowState } from "../domain/limit.ts";
import { rateLimitHeaders } from "./rate-limit-headers.ts";

const AT = 1_800_000_000_000;
const HOUR = {
  name: "hour",
  limit: 10,
  remaining: 9,
  windowSeconds: 3600,
  resetAt: AT + 3_600_000,
};
const BURST = { name: "burst", limit: 5, remaining: 4, windowSeconds: 1, resetAt: AT + 1000 };

const POLICY = '"hour";q=10;w=3600, "burst";q=5;w=1';
const STATE = '"hour";r=9;t=3600, "burst";r=4;t=1';

function policyAndState(...windows: [WindowState, ...WindowState[]]): readonly unknown[] {
  const [decisive] = windows;
  const facts = { at: AT, exceeded: false, retryAt: undefined, decidedBy: "local" } as const;
  const state: LimitState = { ...facts, windows, decisive };
  const [, policy, , items] = rateLimitHeaders(state);
  return [policy, items];
}

test.each<[string, [WindowState, ...WindowState[]], string, string]>([
  ["another name", [{ ...HOUR, name: "day" }], '"day";q=10;w=3600', '"day";r=9;t=3600'],
  ["another limit", [{ ...HOUR, limit: 11 }], '"hour";q=11;w=3600', '"hour";r=9;t=3600'],
  ["another length", [{ ...HOUR, windowSeconds: 60 }], '"hour";q=10;w=60', '"hour";r=9;t=3600'],
  ["a window less", [HOUR], '"hour";q=10;w=3600', '"hour";r=9;t=3600'],
  [
    "another order",
    [BURST, HOUR],
    '"burst";q=5;w=1, "hour";q=10;w=3600',
    '"burst";r=4;t=1, "hour";r=9;t=3600',
  ],
])("names every window of its own limit, after one with %s", (_what, other, policy, state) => {
  expect(policyAndState(HOUR, BURST)).toEqual([POLICY, STATE]);
  expect(policyAndState(...other)).toEqual([policy, state]);
  expect(policyAndState(HOUR, BURST)).toEqual([POLICY, STATE]);
});

test("says where windows stand now, however alike the limit before was", () => {
  expect(policyAndState(HOUR, BURST)).toEqual([POLICY, STATE]);
  const later = { ...HOUR, remaining: 0, resetAt: AT - 5000 };
  expect(policyAndState(later, BURST)).toEqual([POLICY, '"hour";r=0;t=0, "burst";r=4;t=1']);
});
