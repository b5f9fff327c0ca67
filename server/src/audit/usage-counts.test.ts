import { expect, test } from "vitest";
import { type CountedRequest, UsageCounts } from "./usage-counts.ts";

const HOUR = 3_600_000;
const credential = (n: number, api = "standard") => ({
  api,
  accountId: `acct_${n}`,
  credentialId: `key_${n}`,
});
const request = (
  outcome: CountedRequest["outcome"],
  at: number,
  changes: Partial<CountedRequest> = {},
) => ({ outcome, at, micros: 4, clientVersion: null, ...changes });

test("counts by API, credential, hour and outcome, and starts afresh when taken", () => {
  const counts = new UsageCounts(10);
  counts.add(credential(1), request("allow", HOUR));
  counts.add(credential(1), request("allow", 2 * HOUR - 1));
  counts.add(credential(1), request("deny", 2 * HOUR - 1));
  counts.add(credential(1), request("allow", 2 * HOUR));
  counts.add(credential(1, "other"), request("allow", HOUR));
  const one = {
    api: "standard",
    accountId: "acct_1",
    credentialId: "key_1",
    clientVersion: null,
  };
  const { usage, lastUsed } = counts.take();
  expect(usage).toHaveLength(4);
  expect(usage).toEqual(
    expect.arrayContaining([
      { ...one, hour: HOUR, outcome: "allow", count: 2 },
      { ...one, hour: HOUR, outcome: "deny", count: 1 },
      { ...one, hour: 2 * HOUR, outcome: "allow", count: 1 },
      { ...one, api: "other", hour: HOUR, outcome: "allow", count: 1 },
    ]),
  );
  expect(lastUsed).toContainEqual({ api: "standard", credentialId: "key_1", at: 2 * HOUR });
  expect(counts.take()).toEqual({ usage: [], lastUsed: [], latency: [] });
});

test("keeps apart the accounts that one credential acts for", () => {
  const counts = new UsageCounts(10);
  const of = (accountId: string) => ({ ...credential(1), accountId });
  for (const accountId of ["acct_1", "acct_2", "acct_1", "acct_2", "acct_2"]) {
    counts.add(of(accountId), request("allow", HOUR));
  }
  counts.add(of("acct_2"), request("allow", 2 * HOUR));
  const { usage, latency, lastUsed } = counts.take();
  const told = usage.map(({ accountId, hour, count }) => [accountId, hour, count]);
  expect(told.sort()).toEqual([
    ["acct_1", HOUR, 2],
    ["acct_2", HOUR, 3],
    ["acct_2", 2 * HOUR, 1],
  ]);
  expect(latency).toHaveLength(3);
  expect(new Set(lastUsed.map(({ credentialId }) => credentialId))).toEqual(new Set(["key_1"]));
});

test("a refusal is no use of the credential", () => {
  const counts = new UsageCounts(10);
  counts.add(credential(1), request("deny", HOUR));
  expect(counts.take().lastUsed).toEqual([]);
});

test("beyond its capacity it counts together and loses nothing", () => {
  const counts = new UsageCounts(3);
  for (let n = 0; n < 1000; n += 1) counts.add(credential(n), request("allow", HOUR));
  counts.add(credential(0), request("allow", HOUR));
  expect(counts.size).toBeLessThanOrEqual(4);
  const { usage, lastUsed } = counts.take();
  expect(usage.reduce((sum, { count }) => sum + count, 0)).toBe(1001);
  expect(usage).toContainEqual({
    api: "standard",
    accountId: "others",
    credentialId: "others",
    clientVersion: null,
    hour: HOUR,
    outcome: "allow",
    count: 997,
  });
  expect(usage).toContainEqual(expect.objectContaining({ credentialId: "key_0", count: 2 }));
  expect(lastUsed.map(({ credentialId }) => credentialId)).toEqual(["key_0", "key_1", "key_2"]);
});

test("keeps the newest client version, also when a later request tells none", () => {
  const counts = new UsageCounts(10);
  counts.add(credential(1), request("allow", HOUR, { clientVersion: "1.0" }));
  counts.add(credential(1), request("allow", HOUR, { clientVersion: "1.1" }));
  counts.add(credential(1), request("allow", HOUR));
  expect(counts.take().usage).toMatchObject([{ count: 3, clientVersion: "1.1" }]);
});

test("tells how long decisions about each credential took, hour by hour", () => {
  const counts = new UsageCounts(10);
  counts.add(credential(1), request("allow", HOUR, { micros: 0.6 }));
  counts.add(credential(1), request("deny", HOUR, { micros: 0.8 }));
  counts.add(credential(1), request("allow", 2 * HOUR, { micros: 0.4 }));
  counts.add(credential(2), request("allow", HOUR, { micros: 0 }));
  const { latency } = counts.take();
  expect(latency).toHaveLength(3);
  expect(latency).toEqual(
    expect.arrayContaining([
      { ...credential(1), hour: HOUR, totalMicros: 1, maxMicros: 1, buckets: [0, 0, 1, 1] },
      { ...credential(1), hour: 2 * HOUR, totalMicros: 0, maxMicros: 0, buckets: [0, 1] },
      { ...credential(2), hour: HOUR, totalMicros: 0, maxMicros: 0, buckets: [1] },
    ]),
  );
});
