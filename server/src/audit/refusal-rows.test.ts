import { expect, test } from "vitest";
import { type Refusal, RefusalRows } from "./refusal-rows.ts";

const MINUTE = 60_000;
const BOUNDS = { linesPerMinute: 100, floods: 50, lines: 1000 };

const refusal = (
  address: string | undefined = "192.0.2.1",
  changes: Partial<Refusal> = {},
): Refusal => ({
  reason: "credential_unknown",
  principal: undefined,
  request: { method: "GET", target: "/v2/users?token=secret#fragment", address },
  requestId: "req_1",
  ...changes,
});

const total = (rows: readonly { count: number }[]) =>
  rows.reduce((sum, { count }) => sum + count, 0);

test("a refusal is a line: reason, method, path without query, address, request", () => {
  const rows = new RefusalRows(BOUNDS);
  rows.add("standard", refusal(), MINUTE);
  expect(rows.take(MINUTE, false)).toEqual([
    {
      api: "standard",
      id: expect.stringMatching(/^evt_[0-9a-f]{24}$/),
      type: "request.refused",
      at: MINUTE,
      actor: { kind: "anonymous", id: null },
      accountId: null,
      credentialId: null,
      requestId: "req_1",
      address: "192.0.2.1",
      detail: { reason: "credential_unknown", method: "GET", path: "/v2/users" },
      count: 1,
    },
  ]);
});

test("names the credential that was refused", () => {
  const rows = new RefusalRows(BOUNDS);
  const principal = { accountId: "acct_1", credentialId: "key_1" } as Refusal["principal"];
  rows.add("standard", refusal("192.0.2.1", { reason: "scope_insufficient", principal }), MINUTE);
  expect(rows.take(MINUTE, false)).toMatchObject([
    { actor: { kind: "credential", id: "key_1" }, accountId: "acct_1", credentialId: "key_1" },
  ]);
});

test("stores a hundred of a minute, address and reason, and counts the rest once the minute is over", () => {
  const rows = new RefusalRows(BOUNDS);
  for (let i = 0; i < 250; i += 1) rows.add("standard", refusal(), MINUTE + i);
  expect(rows.take(2 * MINUTE - 1, false)).toHaveLength(100);
  expect(rows.take(2 * MINUTE - 1, false)).toEqual([]);
  expect(rows.take(2 * MINUTE, false)).toMatchObject([
    { at: MINUTE, address: "192.0.2.1", detail: { reason: "credential_unknown" }, count: 150 },
  ]);
  expect(rows.take(9 * MINUTE, true)).toEqual([]);
});

test("the hundredth is stored, the next one counted; the next minute has a hundred of its own", () => {
  const rows = new RefusalRows(BOUNDS);
  for (let i = 0; i < 101; i += 1) rows.add("standard", refusal(), MINUTE);
  for (let i = 0; i < 3; i += 1) rows.add("standard", refusal(), 2 * MINUTE);
  const taken = rows.take(2 * MINUTE, true);
  expect(taken.map(({ count }) => count)).toEqual(Array(104).fill(1));
});

test("other addresses, reasons and APIs are no part of a flood; an IPv6 /64 is one address", () => {
  const rows = new RefusalRows({ ...BOUNDS, linesPerMinute: 1 });
  rows.add("standard", refusal("192.0.2.1"), MINUTE);
  rows.add("standard", refusal("192.0.2.2"), MINUTE);
  rows.add("other", refusal("192.0.2.1"), MINUTE);
  rows.add("standard", refusal("192.0.2.1", { reason: "credential_expired" }), MINUTE);
  rows.add("standard", refusal("2001:db8::1"), MINUTE);
  expect(rows.take(MINUTE, false)).toHaveLength(5);
  rows.add("standard", refusal("2001:db8::2"), MINUTE);
  expect(rows.take(2 * MINUTE, false)).toMatchObject([{ address: "2001:db8::/64", count: 1 }]);
});

test("a flood from ever new addresses costs no more memory, and every refusal is counted", () => {
  const rows = new RefusalRows({ linesPerMinute: 100, floods: 50, lines: 20 });
  for (let i = 0; i < 10_000; i += 1) {
    rows.add("standard", refusal(`10.0.${i >> 8}.${i & 255}`), MINUTE);
  }
  expect(rows.size).toBeLessThanOrEqual(20 + 50 + 1);
  const taken = rows.take(2 * MINUTE, true);
  expect(total(taken)).toBe(10_000);
  expect(taken.length).toBeLessThanOrEqual(20 + 50 + 1);
});

test.each([
  ["no address", undefined],
  ["what is no address", "x\0y"],
])("keeps null for %s", (_what, address) => {
  const rows = new RefusalRows(BOUNDS);
  rows.add("standard", { ...refusal(), request: { method: "GET", target: "/", address } }, MINUTE);
  expect(rows.take(MINUTE, false)[0]?.address).toBeNull();
});

test("cuts what a client could make long", () => {
  const rows = new RefusalRows(BOUNDS);
  const request = { method: "M".repeat(5000), target: `/${"x".repeat(5000)}`, address: undefined };
  rows.add("standard", { ...refusal(), request }, MINUTE);
  expect(JSON.stringify(rows.take(MINUTE, false)).length).toBeLessThan(1000);
});
