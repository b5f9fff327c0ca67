import { expect, test } from "vitest";
import { shown } from "./shape.ts";

const CIRCLE: unknown[] = [];
CIRCLE.push(CIRCLE);

test.each([
  ["no number", Number.NaN, "NaN"],
  ["no end", -Infinity, "-Infinity"],
  ["a number", 1.5, "1.5"],
  ["a big integer", 80n, "80n"],
  ["a list", [1, "a"], '[1,"a"]'],
  ["a list in itself", CIRCLE, "a list"],
  ["an object with such a list", { CIRCLE }, "an object"],
  ["nothing", undefined, "nothing"],
])("shows %s as what it is", (_what, value, text) => {
  expect(shown(value)).toBe(text);
});
