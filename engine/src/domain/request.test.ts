import { expect, test } from "vitest";
import { header, headerCount } from "./request.ts";

const HEADERS = ["Host", "a", "AUTHORIZATION", "one", "X-Api-Key", "k", "authorization", "two"];

test("finds a header in any case, and its first line", () => {
  expect(header(HEADERS, "authorization")).toBe("one");
  expect(header(HEADERS, "x-api-key")).toBe("k");
  expect(header(HEADERS, "x-api-keys")).toBeUndefined();
});

test("counts every line of a header", () => {
  expect(headerCount(HEADERS, "authorization")).toBe(2);
  expect(headerCount(HEADERS, "host")).toBe(1);
  expect(headerCount(HEADERS, "cookie")).toBe(0);
});

test("does not mistake characters that differ from letters by one bit", () => {
  expect(header(["\u0061\u0055th", "x"], "auth")).toBe("x");
  expect(header(["[at", "x"], "{at")).toBeUndefined();
});
