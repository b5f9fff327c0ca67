import fc from "fast-check";
import { expect, test } from "vitest";
import { RequestPath, withoutSlash } from "./path.ts";

/** One for all: what a longer path leaves behind must not show. */
const PATH = new RequestPath();

function readPath(target: string): string | undefined {
  return PATH.read(target) ? PATH.text.slice(0, PATH.end) : undefined;
}

/** What lies between the slashes that were found. */
function segmentsOf(path: RequestPath): string[] {
  const segments: string[] = [];
  for (let n = 0; path.segment(n) !== undefined; n += 1) segments.push(path.segment(n) as string);
  return segments;
}

test.each([
  ["/", "/"],
  ["/v2/users", "/v2/users"],
  ["/v2/users/", "/v2/users"],
  ["/v2/users?limit=5", "/v2/users"],
  ["/v2/users/?limit=5", "/v2/users"],
  ["/v2/users?x#top", "/v2/users"],
  ["/?x=/../", "/"],
  ["/v2/users?x=%zz&y=é\u0000\\", "/v2/users"],
  ["/%76%32/users", "/v2/users"],
  ["/a%20b/", "/a b"],
  ["/caf%C3%A9", "/café"],
  ["/100%25", "/100%"],
  ["/%252e%252e", "/%2e%2e"],
  ["/%252F", "/%2F"],
  ["/a%3Fb%23c", "/a?b#c"],
  ["/...", "/..."],
  ["/.well-known/x", "/.well-known/x"],
  ["/a.b/c..d/e.", "/a.b/c..d/e."],
  ["/~a/{b}/|", "/~a/{b}/|"],
])("reads %s as %s", (target, path) => {
  expect(readPath(target)).toBe(path);
});

test.each([
  ["nothing", ""],
  ["no leading slash", "v2/users"],
  ["an asterisk", "*"],
  ["an absolute address", "http://api.example.com/v2"],
  ["a query alone", "?x=1"],
  ["a leading empty segment", "//v2"],
  ["an inner empty segment", "/v2//users"],
  ["two trailing slashes", "/v2/users//"],
  ["two slashes alone", "//"],
  ["a dot segment", "/v2/./users"],
  ["a dot segment at the end", "/v2/."],
  ["a dot segment at the start", "/./v2"],
  ["a parent segment", "/v2/../admin"],
  ["a parent segment at the end", "/v2/.."],
  ["a parent segment before the query", "/v2/..?x"],
  ["a parent segment before the fragment", "/v2/..#x"],
  ["a parent segment with a parameter", "/v2/public/..;x/admin"],
  ["a fragment, which some servers take for a part of the path", "/v2/files/a#/secret"],
  ["a parameter, which some servers strip before they route", "/v2/projects;a/1"],
  ["an empty segment but for a parameter", "/v2/;x"],
  ["a dot segment with a parameter", "/v2/.;/admin"],
  ["an encoded dot segment", "/v2/%2e/admin"],
  ["an encoded parent segment", "/v2/%2e%2E/admin"],
  ["a half encoded parent segment", "/v2/.%2e"],
  ["an encoded parent segment with a parameter", "/v2/%2e%2e%3bx/admin"],
  ["an encoded slash", "/v2%2fusers"],
  ["an encoded slash in upper case", "/v2%2Fusers"],
  ["an encoded backslash", "/v2%5cusers"],
  ["an encoded backslash in upper case", "/v2%5Cusers"],
  ["a backslash", "/v2\\users"],
  ["an empty segment beside encoding", "/%76//x"],
  ["NUL", "/v2/\u0000"],
  ["encoded NUL", "/v2/%00"],
  ["a line feed", "/v2\n"],
  ["an encoded line feed", "/v2%0a"],
  ["DEL", "/v2/\u007f"],
  ["encoded DEL", "/v2/%7F"],
  ["an encoded C1 control character", "/v2/%C2%85"],
  ["a raw space", "/v2/a b"],
  ["raw UTF-8 as Latin-1", "/caf\u00c3\u00a9"],
  ["a raw letter beyond ASCII", "/café"],
  ["a raw letter beyond Latin-1", "/\u4e2d"],
  ["half an encoding", "/v2/%4"],
  ["a percent sign alone", "/v2/%"],
  ["an encoding that is not hexadecimal", "/v2/%zz"],
  ["a lone continuation byte", "/v2/%80"],
  ["an overlong slash", "/v2/%c0%af"],
  ["an encoded surrogate", "/v2/%ed%a0%80"],
])("refuses %s", (_what, target) => {
  expect(readPath(target)).toBeUndefined();
});

test("takes 8192 characters of path, whatever the query, and not one more", () => {
  const longest = `/${"a".repeat(8191)}`;
  expect(readPath(longest)).toBe(longest);
  expect(readPath(`${longest}?${"q".repeat(9000)}`)).toBe(longest);
  expect(readPath(`${longest}a`)).toBeUndefined();
  expect(readPath(`/${"%61".repeat(2731)}`)).toBeUndefined();
});

test.each([
  ["/", []],
  ["/?x=/a", []],
  ["/v2/users/42", ["v2", "users", "42"]],
  ["/v2/users/42/?x=/a", ["v2", "users", "42"]],
  ["/caf%C3%A9/%61b/", ["café", "ab"]],
])("finds the segments of %s", (target, segments) => {
  expect(PATH.read(target)).toBe(true);
  expect(segmentsOf(PATH)).toEqual(segments);
});

test("agrees with a path that is split, decoded and judged segment by segment", () => {
  const pieces = [
    "/",
    "/",
    ".",
    "..",
    "%2e",
    "%2F",
    "%5c",
    "\\",
    "a",
    "b%41",
    "%",
    "%00",
    ";",
    "?",
    "#",
  ];
  const target = fc.array(fc.constantFrom(...pieces, "é", " ", "%C3%A9", "%25"), { maxLength: 9 });
  fc.assert(
    fc.property(target, (parts) => {
      const text = `/${parts.join("")}`;
      expect(readPath(text)).toBe(slowly(text));
    }),
    { numRuns: 3000 },
  );
});

/** The same rules without any thought for speed. */
function slowly(target: string): string | undefined {
  const raw = target.split("?")[0] ?? "";
  if (/[;#]/.test(raw)) return undefined;
  if ([...raw].some((character) => character <= " " || character > "~")) return undefined;
  const segments = raw.split("/").slice(1);
  if (segments.at(-1) === "") segments.pop();
  const decoded: string[] = [];
  for (const segment of segments) {
    let text: string;
    try {
      text = decodeURIComponent(segment);
    } catch {
      return undefined;
    }
    if (text === "" || text.includes("/") || text.includes("\\")) return undefined;
    if ([".", ".."].includes(text.split(";")[0] ?? "")) return undefined;
    if ([...text].some((character) => character < " ")) return undefined;
    decoded.push(text);
  }
  return `/${decoded.join("/")}`;
}

test.each([
  ["/v2/users/", "/v2/users"],
  ["/v2/users/?limit=5", "/v2/users?limit=5"],
  ["/v2/users/?return=/a/", "/v2/users?return=/a/"],
  ["/v2/users", "/v2/users"],
  ["/v2/users?return=/", "/v2/users?return=/"],
  ["/", "/"],
  ["/?x", "/?x"],
  ["//", "//"],
  ["/v2/users//", "/v2/users//"],
  ["", ""],
])("without the slash at its end, %s is %s", (target, without) => {
  expect(withoutSlash(target)).toBe(without);
});
