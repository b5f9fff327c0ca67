import { describe, expect, test } from "vitest";
import { clientBehind, clientOf, trustedPeers, UNIX_PEER } from "./client-address.ts";
import { parseNetworks } from "./network.ts";

const TRUSTED = parseNetworks(["10.0.0.0/8", "2001:db8::/32"]);
const PROXY = { address: "10.0.0.1", encrypted: false };

const forwardedFor = (...lines: string[]) => lines.flatMap((line) => ["X-Forwarded-For", line]);
const forwardedProto = (...lines: string[]) => lines.flatMap((line) => ["X-Forwarded-Proto", line]);

test("believes no header of a peer that is no trusted proxy", () => {
  const headers = [
    ...forwardedFor("203.0.113.9"),
    ...forwardedProto("https"),
    ...[
      "CF-Connecting-IP",
      "203.0.113.9",
      "X-Real-IP",
      "203.0.113.9",
      "Forwarded",
      "for=203.0.113.9",
    ],
  ];
  expect(clientOf({ address: "198.51.100.7", encrypted: false }, headers, TRUSTED)).toEqual({
    address: "198.51.100.7",
    secure: false,
  });
});

test.each([
  ["an IPv4-mapped address", "::ffff:198.51.100.7", "198.51.100.7"],
  ["an IPv6 address", "2001:DB9:0::1", "2001:db9::1"],
  ["a link-local address with its zone", "fe80::1%eth0", "fe80::1"],
  ["a Unix socket", undefined, undefined],
  ["nonsense", "nonsense", undefined],
])("normalizes %s of the peer", (_what, address, expected) => {
  expect(clientOf({ address, encrypted: true }, [], TRUSTED)).toEqual({
    address: expected,
    secure: true,
  });
});

test.each([
  ["the only address", forwardedFor("203.0.113.9"), "203.0.113.9"],
  ["the rightmost that is no proxy", forwardedFor("1.1.1.1, 203.0.113.9, 10.0.0.2"), "203.0.113.9"],
  ["an address on an earlier line", forwardedFor("203.0.113.9", "10.0.0.2"), "203.0.113.9"],
  [
    "the last line of a client that forged the first",
    forwardedFor("9.9.9.9", "203.0.113.9"),
    "203.0.113.9",
  ],
  ["the leftmost where all are proxies", forwardedFor("10.0.0.3, 10.0.0.2"), "10.0.0.3"],
  ["an IPv6 client", forwardedFor("2001:DB9::1, 2001:db8::5"), "2001:db9::1"],
  ["the peer where no line was sent", [], "10.0.0.1"],
  ["nothing behind a malformed element", forwardedFor("203.0.113.9, unknown"), undefined],
  ["nothing behind an empty element", forwardedFor("203.0.113.9,"), undefined],
  ["nothing of an address with a port", forwardedFor("203.0.113.9:80"), undefined],
  ["nothing of an octal address", forwardedFor("010.0.0.1"), undefined],
  ["what follows a malformed element", forwardedFor("<script>, 203.0.113.9"), "203.0.113.9"],
])("behind a trusted proxy, takes %s", (_what, headers, expected) => {
  expect(clientOf(PROXY, headers, TRUSTED).address).toBe(expected);
});

test("believes a trusted proxy on the same link, whatever its zone", () => {
  const headers = [...forwardedFor("203.0.113.9"), ...forwardedProto("https")];
  const peer = { address: "fe80::1%eth0", encrypted: false };
  const believed = { address: "203.0.113.9", secure: true };
  expect(clientOf(peer, headers, trustedPeers(["fe80::/10"]))).toEqual(believed);
  expect(trustedPeers(["fe80::/10"]).contains("fe80::1%eth0")).toBe(true);
  const unknown = { address: undefined, secure: false };
  // A zone is the business of whoever has the connection: nobody else can tell of one.
  const behind = forwardedFor("fe80::2%eth0");
  expect(clientOf(peer, behind, trustedPeers(["fe80::/10"]))).toEqual(unknown);
});

describe("over a Unix socket", () => {
  const headers = [...forwardedFor("203.0.113.9"), ...forwardedProto("https")];
  const overSocket = { address: UNIX_PEER, encrypted: false };
  const believed = { address: "203.0.113.9", secure: true };
  const unknown = { address: undefined, secure: false };

  test.each([
    ["a peer over it, where it is trusted", overSocket, ["unix"], believed],
    ["a peer over it, where only others are", overSocket, ["0.0.0.0/0", "::/0"], unknown],
    [
      "a connection that nobody can tell of",
      { ...overSocket, address: undefined },
      ["unix"],
      unknown,
    ],
    ["a peer by TCP", { ...PROXY }, ["unix"], { address: "10.0.0.1", secure: false }],
    ["a peer by TCP that is trusted too", { ...PROXY }, ["unix", "10.0.0.0/8"], believed],
  ])("hears %s", (_what, peer, trusted, expected) => {
    expect(clientOf(peer, headers, trustedPeers(trusted))).toEqual(expected);
  });

  test("no client of a trusted peer is another such peer", () => {
    const behind = forwardedFor("203.0.113.9, unix");
    expect(clientOf(overSocket, behind, trustedPeers(["unix"])).address).toBeUndefined();
  });

  test("nobody is trusted by what is neither an address nor a socket", () => {
    expect(() => trustedPeers(["unix:/run/x.sock"])).toThrow(RangeError);
  });
});

test("ignores every other header of a trusted proxy too", () => {
  const headers = [
    "CF-Connecting-IP",
    "9.9.9.9",
    "True-Client-IP",
    "9.9.9.9",
    "X-Real-IP",
    "9.9.9.9",
  ];
  expect(clientOf(PROXY, headers, TRUSTED).address).toBe("10.0.0.1");
});

test.each([
  ["https", forwardedProto("https"), true],
  ["http", forwardedProto("http"), false],
  ["nothing said", [], false],
  ["an unknown word", forwardedProto("HTTPS2"), false],
  ["a forged first line", forwardedProto("https", "http"), false],
  [
    "the outer of two proxies",
    [...forwardedProto("https, http"), ...forwardedFor("203.0.113.9, 10.0.0.2")],
    true,
  ],
  [
    "the only element behind two proxies",
    [...forwardedProto("https"), ...forwardedFor("203.0.113.9, 10.0.0.2")],
    true,
  ],
  [
    "a forged element before the outer proxy's",
    [...forwardedProto("https, http, http"), ...forwardedFor("203.0.113.9, 10.0.0.2")],
    false,
  ],
])("reads X-Forwarded-Proto: %s", (_what, headers, expected) => {
  expect(clientOf(PROXY, headers, TRUSTED).secure).toBe(expected);
});

test("a proxy that proved itself by token is no hop: what it saw is the client, its own address too", () => {
  const none = parseNetworks([]);
  const spoofed = ["X-Forwarded-For", "9.9.9.9, 192.0.2.7"];
  expect(clientBehind("192.0.2.7", spoofed, none).address).toBe("192.0.2.7");
  expect(clientBehind("192.0.2.7", ["X-Forwarded-For", "9.9.9.9"], none).address).toBe("9.9.9.9");
});
