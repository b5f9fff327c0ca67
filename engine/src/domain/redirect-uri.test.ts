import { expect, test } from "vitest";
import { linkFault, redirectUriFault } from "./redirect-uri.ts";

const EXACT = { patterns: false };
const PATTERNS = { patterns: true };

test.each([
  "https://app.example.com",
  "https://app.example.com/callback?tab=1",
  "https://app.example.com:8443/",
  "HTTPS://app.example.com/",
  "https://xn--exmple-cua.com/cb",
  "https://app.example.com/a.b/..c/...?next=/../x@y",
  "https://192.0.2.1/cb",
  "http://localhost/cb",
  "http://localhost:3000",
  "http://127.0.0.1:3000/cb",
  "http://[::1]:3000/cb",
  `https://app.example.com/${"x".repeat(2024)}`,
])("takes %s", (uri) => {
  expect([redirectUriFault(uri, EXACT), redirectUriFault(uri, PATTERNS)]).toEqual([
    undefined,
    undefined,
  ]);
});

test.each([
  ["http elsewhere", "http://app.example.com", /https, or http on localhost/],
  ["a name that only begins so", "http://localhost.example.com", /https, or http on localhost/],
  ["a neighbour of this machine", "http://127.0.0.2/", /https, or http on localhost/],
  ["a script", "javascript:alert(1)", /https/],
  ["a scheme of its own", "com.example.app:/cb", /https/],
  ["no scheme", "app.example.com/cb", /https/],
  ["no authority", "https:app.example.com", /https/],
  ["an empty host", "https:///cb", /https/],
  ["a port out of range", "https://app.example.com:70000/", /https/],
  ["a fragment", "https://app.example.com/#x", /fragment/],
  ["an empty fragment", "https://app.example.com/#", /fragment/],
  ["a user", "https://user@app.example.com/", /user or password/],
  ["an empty user", "https://@app.example.com/", /user or password/],
  ["a user in place of a port", "http://localhost:1@evil.example/", /user or password/],
  ["a user before loopback", "http://evil:x@localhost/", /user or password/],
  ["a line break", "https://app.example.com/\n", /plain ASCII/],
  ["an encoded line break", "https://app.example.com/%0d%0aSet-Cookie:x", /control character/],
  ["one in the query", "https://app.example.com/?a=%0A", /control character/],
  ["an encoded NUL", "https://app.example.com/%00", /control character/],
  ["an encoded DEL", "https://app.example.com/%7F", /control character/],
  ["a way up", "https://app.example.com/a/../b", /`\.\.` in its path/],
  ["a way up at the end", "https://app.example.com/a/..", /`\.\.` in its path/],
  ["a way up encoded", "https://app.example.com/a/%2E%2e/b", /`\.\.` in its path/],
  ["a way nowhere", "https://app.example.com/./b", /`\.\.` in its path/],
  ["a host that is encoded", "https://%61pp.example.com/", /usual form/],
  ["a host that cannot be decoded", "https://%/", /https/],
  ["a host in capitals", "https://App.example.com/", /small letters/],
  ["an address of two numbers", "http://127.1/cb", /usual form/],
  ["an address in hexadecimal", "http://0x7f.1/cb", /usual form/],
  ["an address of one number", "http://2130706433/cb", /usual form/],
  ["an IPv6 address at full length", "http://[0:0:0:0:0:0:0:1]/", /usual form/],
  ["an address of the other version", "http://[::ffff:127.0.0.1]/", /https/],
  ["a space", "https://app.example.com/a b", /plain ASCII/],
  ["a backslash", "https://app.example.com\\@evil.example/", /plain ASCII/],
  ["letters beyond ASCII", "https://exämple.com/", /plain ASCII/],
  ["nothing", "", /plain ASCII/],
  ["2,049 characters", `https://app.example.com/${"x".repeat(2025)}`, /plain ASCII/],
])("refuses %s", (_what, uri, fault) => {
  expect(redirectUriFault(uri, EXACT)).toMatch(fault);
  expect(redirectUriFault(uri, PATTERNS)).toMatch(fault);
});

test.each([
  "https://*.example.com",
  "https://*.example.com:8443/cb",
  "https://preview-*.app.example.com/cb",
  "https://app.example.com:*/cb",
  "https://app.example.com/*",
  "http://localhost:*",
  "http://[::1]:*/cb",
])("takes the pattern %s where patterns are taken, and nowhere else", (uri) => {
  expect(redirectUriFault(uri, PATTERNS)).toBeUndefined();
  expect(redirectUriFault(uri, EXACT)).toMatch(/taken as it stands/);
});

test.each([
  ["every host", "https://*"],
  ["every address", "*"],
  ["a whole top level", "https://*.com"],
  ["a label further on", "https://app.*.example.com"],
  ["two labels", "https://*.*.example.com"],
  ["a part of the scheme", "http*://app.example.com"],
  ["every host in clear", "http://*.example.com"],
  ["a part of a port", "https://app.example.com:80*"],
])("refuses a pattern for %s", (_what, uri) => {
  expect(redirectUriFault(uri, PATTERNS)).toBeDefined();
});

test.each(["com.example.app:/cb", "com.example.app://cb/a?b=c", "com.example-2.app:cb"])(
  "takes %s where schemes of one's own are taken, and nowhere else",
  (uri) => {
    expect(redirectUriFault(uri, { ...EXACT, ownSchemes: true })).toBeUndefined();
    expect(redirectUriFault(uri, EXACT)).toMatch(/https/);
  },
);

test.each([
  ["a scheme without a dot", "myapp:/cb", /a scheme with a dot/],
  ["a scheme in capitals", "com.example.App:/cb", /a scheme with a dot/],
  ["a script", "javascript:alert(1)", /plain ASCII|a scheme with a dot/],
  ["another scheme of browsers", "ftp://example.com/", /a scheme with a dot/],
  ["a user", "com.example.app://user@cb", /user or password/],
  ["a way up", "com.example.app://cb/a/../b", /`\.\.` in its path/],
  ["a fragment", "com.example.app:/cb#", /fragment/],
  ["a line break", "com.example.app:/cb\n", /plain ASCII/],
  ["an encoded line break", "com.example.app:/cb%0a", /control character/],
])("refuses %s also where schemes of one's own are taken", (_what, uri, fault) => {
  expect(redirectUriFault(uri, { ...EXACT, ownSchemes: true })).toMatch(fault);
});

test("a link may have a fragment and a `*`, and is https all the same", () => {
  expect(linkFault("https://example.com/*/logo.svg#dark")).toBeUndefined();
  expect(linkFault("http://example.com/logo.svg")).toMatch(/https/);
  expect(linkFault("javascript:alert(1)#https://example.com")).toMatch(/https|plain/);
  expect(linkFault("https://*.example.com/logo.svg")).toMatch(/`\*`/);
  expect(linkFault("https://example.com/logo.svg#dark\n")).toMatch(/plain/);
  expect(linkFault("https://example.com/logo.svg#a#b")).toMatch(/fragment/);
});
