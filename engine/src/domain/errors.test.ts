import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { API_ERRORS, ApiError } from "./errors.ts";

test("the reference page has exactly the codes there are, in their words", () => {
  const page = new URL("../../../docs/reference/errors.md", import.meta.url);
  const rows = readFileSync(page, "utf8").match(/^\| `.*$/gm);
  const expected = Object.entries(API_ERRORS).map(
    ([code, { status, meaning }]) => `| \`${code}\` | ${status} | ${meaning} |`,
  );
  expect(rows).toEqual(expected);
});

test("every code is in capitals and every status one of an error", () => {
  for (const [code, { status }] of Object.entries(API_ERRORS)) {
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
  }
});

test("an error without a cause has none, so that a log shows no empty one", () => {
  expect("cause" in new ApiError("NOT_FOUND", "There is nothing.")).toBe(false);
  const cause = new Error("the operator's part");
  expect(new ApiError("INTERNAL", "Something.", { cause }).cause).toBe(cause);
});
