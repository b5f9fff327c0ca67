import { expect, test } from "vitest";
import { BoundedMap } from "./bounded-map.ts";

test("keeps what was set, and the newest value of each key", () => {
  const map = new BoundedMap<string, number>(10);
  map.set("a", 1);
  map.set("a", 2);
  expect([map.get("a"), map.get("b"), map.size]).toEqual([2, undefined, 1]);
  map.delete("a");
  expect([map.get("a"), map.size]).toEqual([undefined, 0]);
});

test("never has more than its capacity", () => {
  const map = new BoundedMap<number, number>(10);
  for (let i = 0; i < 1000; i += 1) {
    map.set(i, i);
    expect(map.size).toBeLessThanOrEqual(10);
    expect(map.get(i)).toBe(i);
  }
  expect(map.get(900)).toBeUndefined();
});

test("keeps what is read now and then, however many others come", () => {
  const map = new BoundedMap<number, string>(10);
  map.set(-1, "in use");
  for (let i = 0; i < 1000; i += 1) {
    map.set(i, "new");
    if (i % 4 === 0) expect(map.get(-1)).toBe("in use");
  }
});

test("an older value never comes back behind a newer one", () => {
  const map = new BoundedMap<number, number>(4);
  map.set(0, 1);
  map.set(1, 1);
  map.set(2, 1);
  map.set(0, 2);
  map.set(3, 1);
  map.set(4, 1);
  expect([2, undefined]).toContain(map.get(0));
});
