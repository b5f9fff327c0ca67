import type { Decision } from "@latchkey/engine";
import { expect, test } from "vitest";
import { createDecisionCounts } from "./decision-counts.ts";

const ALLOW = { outcome: "allow" } as Decision;
const DENY = { outcome: "deny", reason: "credential_revoked" } as Decision;

test("counts by API, outcome and reason, from zero", () => {
  const counts = createDecisionCounts(["a", "b"]);
  counts.count("a", ALLOW);
  counts.count("a", DENY);
  counts.count("a", DENY);
  counts.count("unknown", ALLOW);
  const lines = counts.text().split("\n");
  expect(lines).toContain('latchkey_decisions_total{api="a",outcome="allow",reason=""} 1');
  expect(lines).toContain(
    'latchkey_decisions_total{api="a",outcome="deny",reason="credential_revoked"} 2',
  );
  expect(lines).toContain('latchkey_decisions_total{api="b",outcome="allow",reason=""} 0');
  expect(counts.text()).not.toContain("unknown");
});

test("a time falls into every bucket whose bound it does not exceed", () => {
  const counts = createDecisionCounts(["a"]);
  for (const seconds of [0.000002, 0.0000021, 0.5, 3]) counts.time("a", seconds);
  const text = counts.text();
  const bucket = (bound: string) =>
    new RegExp(`latchkey_decision_seconds_bucket\\{api="a",le="${bound}"\\} (\\d+)`).exec(
      text,
    )?.[1];
  expect([bucket("0.000002"), bucket("0.000005"), bucket("0.1"), bucket("1")]).toEqual([
    "1",
    "2",
    "2",
    "3",
  ]);
  expect(bucket("\\+Inf")).toBe("4");
  expect(text).toContain('latchkey_decision_seconds_count{api="a"} 4');
  expect(text).toContain('latchkey_decision_seconds_sum{api="a"} 3.5000041');
});
