import { expect, test } from "vitest";
import { readPattern } from "./pattern.ts";

test("takes a pattern apart", () => {
  expect(readPattern("PATCH /v2/users/{userId}/*/**")).toEqual({
    pattern: {
      method: "PATCH",
      segments: [
        { kind: "literal", text: "v2" },
        { kind: "literal", text: "users" },
        { kind: "one", name: "userId" },
        { kind: "one", name: null },
      ],
      rest: true,
    },
  });
});

test.each([
  ["", "has no path"],
  ["v2/users", "has no path"],
  ["GET", "has no path"],
  ["GET v2/users", "has no path"],
  ["get /v2", "did you mean GET?"],
  ["HEAD /v2", 'HEAD counts as GET; write "GET …"'],
  [" /v2", "no method"],
  ["GET  /v2", "has no path"],
  ["GET /v2 /x", "has a space at an end of a segment"],
  ["/v2/ x", "has a space at an end of a segment"],
  ["GET /v2 ", "has a space at an end of a segment"],
  ["FOO BAR /v2", "has no path"],
  ["GET /v2//x", "has an empty segment"],
  ["//", "has an empty segment"],
  ["/v2/../x", "has a dot segment"],
  ["/v2/.", "has a dot segment"],
  ["/v2/..;x", "has a dot segment"],
  ["/v2?x=1", "has a query or fragment"],
  ["/v2#x", "has a query or fragment"],
  ["/v2/%41", "write the character itself"],
  ["/v2\\x", "a backslash"],
  ["/v2/\u0000", "a control character"],
  ["/v2/**/x", '"**" before its end'],
  ["/v2/user-{id}", "a whole segment"],
  ["/v2/{id", "a whole segment"],
  ["/v2/{}", "a whole segment"],
  ["/v2/{1d}", "a whole segment"],
  ["/v2/a*", "a whole segment"],
  ["/v2/***", "a whole segment"],
  ["/v2/{id}/x/{id}", "names the parameter {id} twice"],
  [`/${"a/".repeat(33)}`, "more than 32 segments"],
  [`/${"a".repeat(1024)}`, "longer than 1024 characters"],
])("refuses %j because it %s", (match, fault) => {
  expect(readPattern(match)).toEqual({ fault: expect.stringContaining(fault) });
});

test.each([
  ["/my files/{id}", null],
  ["GET /my files/{id}", "GET"],
])("takes the space in %j for one of its path", (match, method) => {
  const segments = [
    { kind: "literal", text: "my files" },
    { kind: "one", name: "id" },
  ];
  expect(readPattern(match)).toEqual({ pattern: { method, segments, rest: false } });
});

test.each([`/${"a/".repeat(32)}`, `/${"a".repeat(1023)}`, "/", "/**", "M-SEARCH /x"])(
  "takes %s",
  (match) => {
    expect(readPattern(match)).toHaveProperty("pattern");
  },
);
