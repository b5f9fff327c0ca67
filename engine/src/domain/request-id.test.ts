import { expect, test } from "vitest";
import { requestIdOf } from "./request-id.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

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

test("never makes an id twice, and leaves no digit out", () => {
  const made = Array.from({ length: 2000 }, () => requestIdOf([]));
  expect(new Set(made).size).toBe(made.length);
  for (const id of made) expect(id).toMatch(UUID);
  for (let i = 0; i < 36; i += 1) {
    const seen = new Set(made.map((id) => id[i]));
    const fixed = [8, 13, 14, 18, 23].includes(i);
    expect(seen.size, `at ${i}`).toBe(fixed ? 1 : i === 19 ? 4 : 16);
  }
});
