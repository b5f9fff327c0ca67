import { expect, test } from "vitest";
import { requestIdOf } from "./request-id.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

test.each(["a", "A.b_c-9", "x".repeat(128)])("keeps the clean id %s", (id) => {
  expect(requestIdOf(["Host", "localhost", "X-Request-ID", id])).toBe(id);
});

test.each([
  ["that is missing", []],
  ["that is empty", ["X-Request-ID", ""]],
  ["of 129 characters", ["X-Request-ID", "x".repeat(129)]],
  ["with a space", ["X-Request-ID", "a b"]],
  ["with a line break", ["X-Request-ID", "a\nb"]],
  ["with a letter beyond ASCII", ["X-Request-ID", "é"]],
  ["that was sent twice", ["X-Request-ID", "a", "x-request-id", "b"]],
])("replaces an id %s", (_what, rawHeaders) => {
  expect(requestIdOf(rawHeaders)).toMatch(UUID);
});
