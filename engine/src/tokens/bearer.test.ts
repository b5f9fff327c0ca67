import { expect, test } from "vitest";
import { bearerToken, MOST_CREDENTIAL_LENGTH } from "./bearer.ts";

test.each([
  ["Bearer abc", "abc"],
  ["bearer abc", "abc"],
  ["BEARER abc", "abc"],
  ["Bearer   abc", "abc"],
  [`Bearer ${"x".repeat(MOST_CREDENTIAL_LENGTH - 7)}`, "x".repeat(MOST_CREDENTIAL_LENGTH - 7)],
])("reads %j", (line, token) => {
  expect(bearerToken(line)).toBe(token);
});

test.each([
  undefined,
  "",
  "Bearer",
  "Bearer ",
  "Bearer\tabc",
  "Bearerabc",
  "Basic YTpi",
  "abc",
  ` Bearer abc`,
  `Bearer ${"x".repeat(MOST_CREDENTIAL_LENGTH - 6)}`,
])("finds no token in %j", (line) => {
  expect(bearerToken(line)).toBeUndefined();
});
