import { describe, expect, test } from "vitest";
import { askedLine } from "./asked-line.ts";

const FORWARDED = ["X-Forwarded-Method", "POST", "X-Forwarded-Uri", "/v2/users?a=1"];
const ORIGINAL = ["X-Original-Method", "POST", "X-Original-URI", "/v2/users?a=1"];
const USERS = { method: "POST", target: "/v2/users?a=1" };

const ask = (suffix: string, rawHeaders: readonly string[], method = "GET") =>
  askedLine({ method, rawHeaders, suffix });

describe("without a path suffix, one family of headers tells", () => {
  test.each([
    ["", FORWARDED],
    ["?headers=forwarded", FORWARDED],
    ["?headers=original", ORIGINAL],
    ["?x=1&headers=original&y", ORIGINAL],
  ])("%j", (suffix, headers) => {
    expect(ask(suffix, headers)).toEqual(USERS);
  });

  test("with neither, it is the request's own method and the root", () => {
    expect(ask("", [], "DELETE")).toEqual({ method: "DELETE", target: "/" });
  });

  test.each([
    ["both families", "", [...FORWARDED, ...ORIGINAL]],
    ["both families, the other read", "?headers=original", [...FORWARDED, ...ORIGINAL]],
    ["the family that is not read", "", ORIGINAL],
    ["the family that is not read", "?headers=original", FORWARDED],
    ["half a family", "", FORWARDED.slice(0, 2)],
    ["half a family", "", FORWARDED.slice(2)],
    ["a family twice", "", [...FORWARDED, ...FORWARDED]],
    ["a family that there is not", "?headers=Original", []],
    ["a family without a name", "?x=1&headers=", FORWARDED],
  ])("refuses %s after %j", (_what, suffix, headers) => {
    expect(() => ask(suffix, headers)).toThrowError(
      expect.objectContaining({ code: "INVALID_REQUEST" }),
    );
  });
});

// It would match no endpoint, and get what the policy's default asks for.
test.each(["", " ", "GET POST", "GET, DELETE", "GE\u00ccT", "X".repeat(33)])(
  "refuses %j, which is no method",
  (method) => {
    const forwarded = ["X-Forwarded-Method", method, "X-Forwarded-Uri", "/v2/users"];
    expect(() => ask("", forwarded)).toThrowError(
      expect.objectContaining({
        ...{ code: "INVALID_REQUEST", details: { field: "x-forwarded-method" } },
      }),
    );
  },
);

test("takes every method that HTTP has", () => {
  const forwarded = ["X-Forwarded-Method", "M-SEARCH", "X-Forwarded-Uri", "/v2/users"];
  expect(ask("", forwarded)).toEqual({ method: "M-SEARCH", target: "/v2/users" });
});

describe("a path suffix is the client's own line", () => {
  test.each(["/v2/users?a=1", "/v2/users?headers=original", "/"])("%s", (suffix) => {
    expect(ask(suffix, [])).toEqual({ method: "GET", target: suffix });
  });

  test("headers that say the same are no contradiction", () => {
    expect(ask("/v2/users?a=1", [...FORWARDED, ...ORIGINAL], "POST")).toEqual(USERS);
  });

  // A client that adds such headers would be judged by a line that it never sent to the API.
  test.each([
    ["/v2/admin", FORWARDED],
    ["/v2/admin", ORIGINAL],
    ["/v2/admin?headers=original", ORIGINAL],
    ["/v2/admin?headers=forwarded", FORWARDED],
    ["/", FORWARDED],
    ["/v2/users?a=1", FORWARDED],
  ])("refuses %s with headers of a client that say otherwise", (suffix, headers) => {
    expect(() => ask(suffix, headers, "GET")).toThrowError(
      expect.objectContaining({ code: "INVALID_REQUEST", details: { field: "headers" } }),
    );
  });
});
