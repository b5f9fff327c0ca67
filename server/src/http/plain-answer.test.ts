import { describe, expect, test } from "vitest";
import { plainAnswerHead } from "./plain-answer.ts";

const DATE = "Sun, 22 Nov 2026 12:00:00 GMT";

test("writes a head as Node does", () => {
  expect(
    plainAnswerHead(200, ["X-A", "b", "x-c", "\xe9\t "], { date: DATE, keptSeconds: 72 }),
  ).toBe(
    "HTTP/1.1 200 OK\r\nX-A: b\r\nx-c: \xe9\t \r\n" +
      `Date: ${DATE}\r\nConnection: keep-alive\r\nKeep-Alive: timeout=72\r\n\r\n`,
  );
  expect(plainAnswerHead(498, [], { date: DATE, keptSeconds: undefined })).toBe(
    `HTTP/1.1 498 unknown\r\nDate: ${DATE}\r\nConnection: close\r\n\r\n`,
  );
});

describe("writes no header that would be more than one, or none", () => {
  test.each([
    ["X-A", "b\r\nX-Evil: c"],
    ["X-A", "b\rc"],
    ["X-A", "b\nc"],
    ["X-A", "b\0"],
    ["X-A", "\x7f"],
    // In latin-1 its lower half would be a line feed.
    ["X-A", "\u010a"],
    ["X-A", "\ud800"],
    ["X-A\r\nX-Evil", "b"],
    ["X-A:", "b"],
    ["X A", "b"],
    ["\u0158-A", "b"],
    ["", "b"],
  ])("%j: %j", (name, value) => {
    for (let times = 0; times < 2; times += 1) {
      const headers = ["X-Good", "a", name, value];
      expect(() => plainAnswerHead(200, headers, { date: DATE, keptSeconds: 1 })).toThrow(
        TypeError,
      );
    }
  });
});
