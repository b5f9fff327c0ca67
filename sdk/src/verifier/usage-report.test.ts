import { createMemoryLimiter, type Decision } from "@latchkey/engine";
import { afterEach, expect, test } from "vitest";
import { aRequest, NOW } from "../testing/known-key.ts";
import { LinkError } from "./server-link.ts";
import { startUsageReport, type UsageReport } from "./usage-report.ts";

interface Told {
  readonly key: string | undefined;
  readonly counts: readonly object[];
}

let report: UsageReport;
afterEach(() => report.stop());

/** A report to a server that answers so, in turn. */
function start(...answers: readonly (LinkError | undefined)[]): Told[] {
  const told: Told[] = [];
  const rest = [...answers];
  report = startUsageReport({
    link: {
      post: async (_path, body, { headers }) => {
        told.push({ key: headers?.["idempotency-key"], ...(body as { counts: object[] }) });
        const error = rest.shift();
        if (error !== undefined) throw error;
        return undefined;
      },
    },
    onProblem: () => undefined,
  });
  return told;
}

const principal = { accountId: "acct_1", credentialId: "key_1" };

function count(outcome: "allow" | "deny", at = NOW, credentialId: string | null = "key_1"): void {
  const decision = { outcome, at, principal: { ...principal, credentialId } };
  report.count(decision as Decision, aRequest());
}

const row = (changes: object) => ({
  accountId: "acct_1",
  credentialId: "key_1",
  hour: new Date(NOW).toISOString(),
  allowed: 0,
  denied: 0,
  lastAllowedAt: null,
  clientVersion: null,
  ...changes,
});

test("tells counts by credential and hour, with the last use", async () => {
  const told = start();
  count("allow");
  count("deny");
  count("allow", NOW + 5);
  count("deny", NOW + 3_600_000);
  count("deny", NOW, null);
  await report.flush();
  const later = new Date(NOW + 3_600_000).toISOString();
  const last = new Date(NOW + 5).toISOString();
  expect(told.map(({ counts }) => counts)).toEqual([
    [row({ allowed: 2, denied: 1, lastAllowedAt: last }), row({ hour: later, denied: 1 })],
  ]);
  await report.flush();
  expect(told).toHaveLength(1);
});

test("keeps apart the accounts that one credential acts for", async () => {
  const told = start();
  for (const accountId of ["acct_1", "acct_2", "acct_1", "acct_2", "acct_2"]) {
    const decision = { outcome: "deny", at: NOW, principal: { ...principal, accountId } };
    report.count(decision as Decision, aRequest());
    report.took(decision as Decision, 1, 1);
  }
  await report.flush();
  expect(told[0]?.counts).toMatchObject([
    { accountId: "acct_1", denied: 2, latency: { totalMicros: 2000 } },
    { accountId: "acct_2", denied: 3, latency: { totalMicros: 3000 } },
  ]);
});

test("tells where a limit stood last, once half of it is used", async () => {
  const told = start();
  const ask = (remaining: number, changes: object = {}) => {
    const burst = { name: "burst", limit: 5, remaining: 5, windowSeconds: 1, resetAt: NOW };
    const hour = { name: "hour", limit: 10, remaining, windowSeconds: 3600, resetAt: NOW + 1000 };
    const principal = { accountId: "acct_1", credentialId: "key_1" };
    const decision = { outcome: "allow", at: NOW, principal, limit: { windows: [burst, hour] } };
    report.count({ ...decision, ...changes } as unknown as Decision, aRequest());
  };
  ask(5);
  ask(6);
  await report.flush();
  ask(6);
  ask(5);
  // A refusal that counts for nothing speaks of the limit of anybody.
  ask(0, { outcome: "deny", reason: "scope_insufficient" });
  await report.flush();
  const resetAt = new Date(NOW + 1000).toISOString();
  expect(told.map(({ counts }) => counts)).toMatchObject([
    [{ allowed: 2 }],
    [{ allowed: 2, denied: 1, windows: [{ name: "hour", limit: 10, remaining: 5, resetAt }] }],
  ]);
  expect(told[0]?.counts[0]).not.toHaveProperty("windows");
});

test("tells of the limiter's own states what it tells of any, at the half and one before", async () => {
  const told = start();
  const limiter = createMemoryLimiter();
  const window = { windowSeconds: 3600, blockSeconds: 0 };
  const windows = [
    { ...window, name: "day", max: 1000 },
    { ...window, name: "hour", max: 10 },
  ];
  const compiled = { id: "l", per: "credential", refuseWhen: "any", windows } as const;
  const ask = (times: number) => {
    for (let n = 0; n < times; n += 1) {
      const limit = limiter.spend(compiled, "key_1", NOW);
      const principal = { accountId: "acct_1", credentialId: "key_1" };
      report.count({ outcome: "allow", at: NOW, principal, limit } as never, aRequest());
    }
  };
  ask(4);
  await report.flush();
  ask(1);
  await report.flush();
  expect(told[0]?.counts[0]).not.toHaveProperty("windows");
  expect(told[1]?.counts).toMatchObject([{ windows: [{ name: "hour", limit: 10, remaining: 5 }] }]);
});

test("counts apart what other limits count at the same place", async () => {
  const told = start();
  const limiter = createMemoryLimiter();
  for (const credentialId of ["key_1", "key_2", "key_1"]) {
    const windows = [{ name: "hour", max: 9, windowSeconds: 3600, blockSeconds: 0 }];
    const compiled = { id: credentialId, per: "credential", refuseWhen: "any", windows } as const;
    const limit = limiter.spend(compiled, credentialId, NOW);
    expect(limit.bucket).toBe(0);
    const principal = { accountId: "acct_1", credentialId };
    report.count({ outcome: "allow", at: NOW, principal, limit } as never, aRequest());
  }
  await report.flush();
  const lastAllowedAt = new Date(NOW).toISOString();
  expect(told.map(({ counts }) => counts)).toEqual([
    [row({ allowed: 2, lastAllowedAt }), row({ credentialId: "key_2", allowed: 1, lastAllowedAt })],
  ]);
});

test("tells what a clock that was wrong made it count, then the hour that it is", async () => {
  const told = start();
  count("allow", NOW + 90_000_000);
  await report.flush();
  count("allow");
  await report.flush();
  expect(told[1]?.counts).toEqual([
    row({ allowed: 1, lastAllowedAt: new Date(NOW).toISOString() }),
  ]);
});

test("what was not answered is told again under the same name, before anything newer", async () => {
  const told = start(new LinkError("no answer"));
  count("allow");
  await report.flush();
  count("allow");
  await report.flush();
  await report.flush();
  const [first, again, newer] = told;
  expect(again).toEqual(first);
  expect(newer?.key).not.toBe(first?.key);
  expect(told).toHaveLength(3);
});

test.each([
  ["refuses for good", 400],
  ["has counted before its master key was replaced", 409],
])("what the server %s is not told for ever", async (_what, status) => {
  const told = start(new LinkError(`the server answered ${status}`, status));
  count("allow");
  await report.flush();
  await report.flush();
  expect(told).toHaveLength(1);
  count("allow");
  await report.flush();
  expect(told).toHaveLength(2);
});

test("no part is longer than the server takes, whatever there is to tell", async () => {
  const told = start();
  const windows = Array.from({ length: 8 }, (_, n) => {
    const counted = { limit: 1_000_000_000, remaining: 100_000_000, resetAt: NOW };
    return { name: `window${n}`.padEnd(32, "s"), windowSeconds: 2_678_400, ...counted };
  });
  const headers = ["X-Client-Version", '"'.repeat(64)];
  for (let n = 0; n < 1000; n += 1) {
    const credentialId = `key_${String(n).padStart(64, "0")}`;
    const principal = { accountId: `acct_${"a".repeat(64)}`, credentialId };
    const decision = { outcome: "allow", at: NOW, principal, limit: { windows } };
    report.count(decision as unknown as Decision, { ...aRequest(), headers });
    for (let k = 0; k < 30; k += 1) report.took(decision as unknown as Decision, 2 ** k, 99_999);
  }
  await report.flush();
  expect(told.flatMap(({ counts }) => counts)).toHaveLength(1000);
  for (const { counts } of told) {
    expect(Buffer.byteLength(JSON.stringify({ counts }))).toBeLessThan(1024 * 1024);
  }
});

test.each([400, 422])(
  "rows that the server finds wrong (%i) take no others with them",
  async (status) => {
    const taken: string[] = [];
    report = startUsageReport({
      link: {
        post: async (_path, body) => {
          const { counts } = body as { counts: { hour: string; credentialId: string }[] };
          // As one that was counted while the clock was wrong.
          if (counts.some(({ hour }) => hour !== new Date(NOW).toISOString())) {
            throw new LinkError(`the server answered ${status}`, status);
          }
          taken.push(...counts.map(({ credentialId }) => credentialId));
          return undefined;
        },
      },
      onProblem: () => undefined,
    });
    for (const credential of ["key_1", "key_2", "key_3"]) count("allow", NOW, credential);
    count("allow", NOW + 3_600_000, "key_2");
    count("allow", NOW + 3_600_000, "key_3");
    await report.flush();
    expect(taken).toEqual(["key_1", "key_2", "key_3"]);
  },
);

test("what is there when it stops is told", async () => {
  const told = start();
  count("allow");
  await report.stop();
  expect(told).toHaveLength(1);
});

test("tells how long the decisions of each hour took, of those that were timed", async () => {
  const told = start();
  const decision = { outcome: "allow", at: NOW, principal } as Decision;
  report.took(decision, 1, 1);
  report.count(decision, aRequest());
  report.took(decision, 0.0008, 16);
  report.took({ ...decision, principal: undefined } as Decision, 1, 1);
  report.count({ ...decision, at: NOW + 3_600_000 }, aRequest());
  await report.flush();
  count("allow");
  await report.flush();
  const timed = { totalMicros: 13, maxMicros: 1, buckets: [0, 0, 0, 16] };
  expect(told.map(({ counts }) => counts)).toMatchObject([
    [{ latency: timed }, { latency: undefined }],
    [{ latency: undefined }],
  ]);
});
