import { expect, test } from "vitest";
import { createAttempts } from "./attempts.ts";

function aRule() {
  let now = 1_000_000;
  const attempts = createAttempts({ most: 2, windowSeconds: 60, clock: () => now });
  return { attempts, pass: (seconds: number) => (now += seconds * 1000) };
}

test("an address that has used up its window waits until that ends, and others do not", () => {
  const { attempts, pass } = aRule();
  for (let count = 0; count < 2; count += 1) {
    expect(attempts.waitSeconds("192.0.2.1")).toBe(0);
    attempts.count("192.0.2.1");
  }
  expect(attempts.waitSeconds("192.0.2.1")).toBe(60);
  expect(attempts.waitSeconds("192.0.2.2")).toBe(0);
  pass(59.5);
  expect(attempts.waitSeconds("192.0.2.1")).toBe(1);
  pass(0.5);
  expect(attempts.waitSeconds("192.0.2.1")).toBe(0);
  attempts.count("192.0.2.1");
  expect(attempts.waitSeconds("192.0.2.1")).toBe(0);
});

test("an IPv6 address counts with its /64", () => {
  const { attempts } = aRule();
  attempts.count("2001:db8:0:1::1");
  attempts.count("2001:db8:0:1::2");
  expect(attempts.waitSeconds("2001:db8:0:1:ffff::")).toBe(60);
  expect(attempts.waitSeconds("2001:db8:0:2::1")).toBe(0);
});
