import { expect, test } from "vitest";
import { isPromised } from "./promised.ts";

class Replaced<T> extends Promise<T> {}

test.each([
  [Promise.resolve(1), true],
  [Replaced.resolve(1), true],
  // biome-ignore lint/suspicious/noThenProperty: a promise of another library is not more
  [{ then: () => undefined }, true],
  [{ outcome: "allow" }, false],
  ["unavailable", false],
  [undefined, false],
  [null, false],
])("of %o it says %s", (value: unknown, expected) => {
  expect(isPromised(value)).toBe(expected);
});
