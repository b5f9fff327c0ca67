import { expect, test } from "vitest";
import { RenewedLease } from "./lease.ts";

function aLease() {
  const clocks = { wall: 1000, monotonic: 50 };
  const lease = new RenewedLease(
    3,
    () => clocks.wall,
    () => clocks.monotonic,
  );
  const pass = (ms: number) => {
    clocks.wall += ms;
    clocks.monotonic += ms;
  };
  return { lease, clocks, pass };
}

test("does not hold before it was granted", () => {
  expect(aLease().lease.holds()).toBe(false);
});

test("runs from the instant it was asked for, not from the answer", () => {
  const { lease, pass } = aLease();
  const renew = lease.begin();
  pass(2000);
  renew();
  pass(999);
  expect(lease.holds()).toBe(true);
  pass(1);
  expect(lease.holds()).toBe(false);
});

test("is not shortened by an older answer that comes late", () => {
  const { lease, pass } = aLease();
  const older = lease.begin();
  pass(1000);
  lease.begin()();
  older();
  pass(2500);
  expect(lease.holds()).toBe(true);
});

test("a wall clock that was set back still tells that the machine slept", () => {
  const { lease, clocks, pass } = aLease();
  lease.begin()();
  clocks.wall -= 600_000;
  pass(1000);
  lease.begin()();
  clocks.wall += 3000;
  expect(lease.holds()).toBe(false);
});

test.each(["wall", "monotonic"] as const)("lapses when the %s clock alone says so", (clock) => {
  const { lease, clocks } = aLease();
  lease.begin()();
  clocks[clock] += 3000;
  expect(lease.holds()).toBe(false);
});
