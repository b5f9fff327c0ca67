import { createServer, type IncomingMessage } from "node:http";
import { duplexPair } from "node:stream";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { MAX_HEADER_BLOCK } from "./hygiene.ts";
import { type PlainRequest, readPlainRequest } from "./plain-request.ts";

const DOOR = "/v1/apis/acme/forward-auth";
const PEER = "192.0.2.9";

/** A `GET`, or a `POST` of `body` with its length; `lines` come after `Host`. */
function requestOf(
  lines: readonly string[],
  { target = DOOR, body = "" }: { readonly target?: string; readonly body?: string } = {},
): string {
  const length = body === "" ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  const start = `${body === "" ? "GET" : "POST"} ${target} HTTP/1.1`;
  return `${[start, "Host: acme.test", ...lines, ...length].join("\r\n")}\r\n\r\n${body}`;
}

const read = (text: string) => readPlainRequest(Buffer.from(text, "latin1"), PEER);

describe("reads", () => {
  test("a GET", () => {
    expect(read(requestOf(["X-Id: 7", "x-ID:8", "Connection: Keep-Alive"]))).toEqual({
      method: "GET",
      url: DOOR,
      rawHeaders: ["host", "acme.test", "x-id", "7", "x-id", "8", "connection", "Keep-Alive"],
      peer: PEER,
      body: Buffer.alloc(0),
    });
  });

  test("a POST with all of its body", () => {
    const bytes = Buffer.from(requestOf([], { body: '{"a":"é"}', target: "/v1/apis/a/verify" }));
    expect(readPlainRequest(bytes, undefined)).toEqual({
      method: "POST",
      url: "/v1/apis/a/verify",
      rawHeaders: ["host", "acme.test", "content-length", "10"],
      peer: undefined,
      body: Buffer.from('{"a":"é"}'),
    });
  });
});

describe("leaves to Node's parser", () => {
  const post = requestOf([], { body: "{}" });
  test.each<[string, string]>([
    ["nothing", ""],
    ["another method", requestOf([]).replace("GET", "HEAD")],
    ["another path", requestOf([], { target: "/v1/accounts" })],
    ["no path below the APIs", requestOf([], { target: "/v1/apis/" })],
    ["a fragment", requestOf([], { target: `${DOOR}#a` })],
    ["an absolute target", requestOf([], { target: `http://acme.test${DOOR}` })],
    ["a control character in the target", requestOf([], { target: `${DOOR}\t` })],
    ["a character of eight bits in the target", requestOf([], { target: `${DOOR}\xe9` })],
    ["another version", requestOf([]).replace("1.1", "1.0")],
    ["bare line feeds", requestOf([]).replaceAll("\r\n", "\n")],
    ["one bare line feed", requestOf(["A: b"]).replace("b\r\n", "b\n")],
    ["a line before", `\r\n${requestOf([])}`],
    ["something behind", `${requestOf([])}\r\n`],
    ["another request behind", requestOf([]).repeat(2)],
    ["a part", requestOf([]).slice(0, -1)],
    ["a part of a body", post.slice(0, -1)],
    ["more than a body", `${post} `],
    ["no Host", requestOf([]).replace("Host", "Hos")],
    ["two Hosts", requestOf(["HOST: acme.test"])],
    ["an empty Host", requestOf([]).replace("acme.test", "")],
    ["no length of a body", requestOf([]).replace("GET", "POST")],
    ["a GET with a length", requestOf(["Content-Length: 2"]).concat("{}")],
    ["no body", requestOf(["Content-Length: 0"]).replace("GET", "POST")],
    ["a length with a sign", post.replace(": 2", ": +2")],
    ["a length with a zero before it", post.replace(": 2", ": 02")],
    ["a length in words", post.replace(": 2", ": 2, 2")],
    ["two lengths", post.replace("Content-Length: 2", "Content-Length: 2\r\ncontent-length: 2")],
    ["chunks", requestOf(["Transfer-Encoding: chunked"]).concat("0\r\n\r\n")],
    ["chunks and a length", post.replace("Host", "transfer-encoding: chunked\r\nHost")],
    ["a connection that ends", requestOf(["Connection: close"])],
    ["a connection that is to be another", requestOf(["Connection: keep-alive, Upgrade"])],
    ["an upgrade", requestOf(["Upgrade: h2c"])],
    ["what a proxy says of a connection", requestOf(["Proxy-Connection: close"])],
    ["an expectation", post.replace("Host", "Expect: 100-continue\r\nHost")],
    ["a folded line", requestOf(["A: b", " c"])],
    ["a blank before the colon", requestOf(["A : b"])],
    ["no colon", requestOf(["Authorization"])],
    ["no name", requestOf([": b"])],
    ["no value", requestOf(["A:"])],
    ["two blanks before a value", requestOf(["A:  b"])],
    ["a tab before a value", requestOf(["A:\tb"])],
    ["a blank behind a value", requestOf(["A: b "])],
    ["a NUL", requestOf(["A: b\0"])],
    ["a carriage return in a value", requestOf(["A: b\rc"])],
    ["a character of eight bits in a value", requestOf(["A: \xe9"])],
    ["a name of eight bits", requestOf(["\xe9: a"])],
    ["too many lines", requestOf(Array.from({ length: 64 }, () => "A: b"))],
    ["a long head", requestOf([`A: ${"b".repeat(MAX_HEADER_BLOCK)}`])],
  ])("%s", (_what, text) => {
    expect(read(text)).toBeUndefined();
  });

  test("the most that it reads itself", () => {
    expect(read(requestOf(Array.from({ length: 63 }, () => "A: b")))).toBeDefined();
    expect(read(requestOf(["A: b"]))).toBeDefined();
  });
});

test("names of headers are in lower case, also when they were read before", () => {
  for (const name of ["X-Some", "x-SOME", "X-Some", "Y-Same"]) {
    expect(read(requestOf([`${name}: a`]))?.rawHeaders.slice(2)).toEqual([name.toLowerCase(), "a"]);
  }
});

// What it reads, Node's parser must read in the same way: as one request, with nothing behind it.

const node = createServer({ maxHeaderSize: MAX_HEADER_BLOCK, requireHostHeader: false });
afterAll(() => node.close());

/** What Node makes of the bytes; it fails where Node finds a fault, or more or less than one. */
async function readByNode(bytes: Buffer): Promise<Omit<PlainRequest, "peer">> {
  const [ours, theirs] = duplexPair();
  const read = new Promise<IncomingMessage>((resolve, reject) => {
    node.once("request", resolve);
    node.once("clientError", reject);
    theirs.once("close", () => reject(new Error("closed")));
  });
  let further = 0;
  node.emit("connection", ours);
  theirs.write(bytes);
  const request = await read;
  node.on("request", () => {
    further += 1;
  });
  node.on("clientError", () => {
    further += 1;
  });
  const body = await buffer(request);
  await new Promise((resolve) => setImmediate(resolve));
  node.removeAllListeners("request").removeAllListeners("clientError");
  theirs.destroy();
  ours.destroy();
  if (further > 0 || !request.complete) throw new Error("not one request");
  const { method = "", url = "" } = request;
  const rawHeaders = request.rawHeaders.map((each, i) => (i % 2 === 0 ? each.toLowerCase() : each));
  return { method, url, rawHeaders, body };
}

const NAMES = [
  "Authorization",
  "X-Forwarded-For",
  "x-a",
  "Connection",
  "Content-Length",
  "Transfer-Encoding",
  "Expect",
  "Upgrade",
  "Host",
  "TE",
  "Trailer",
  "Keep-Alive",
  "Proxy-Connection",
];
const VALUES = ["a", "keep-alive", "close", "0", "2", "chunked", "100-continue", "h2c", "a, b", ""];

/** A request with something changed in it, so that much of it is still plain. */
const DRAWN = fc
  .record({
    target: fc.constantFrom(DOOR, `${DOOR}/a?b=c`, "/v1/apis/acme/verify", '/v1/apis/"<>\\^`{|}'),
    lines: fc.array(
      fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...VALUES), fc.constantFrom(": ", ":")),
      { maxLength: 4 },
    ),
    body: fc.constantFrom("", "{}", "GET / HTTP/1.1\r\n\r\n"),
    changes: fc.array(
      fc.tuple(
        fc.nat(),
        fc.oneof(fc.constantFrom(..."\r\n\0 \t:,;0a\x7f\x80\xff"), fc.string({ maxLength: 3 })),
        fc.constantFrom("replace", "insert", "delete"),
      ),
      { maxLength: 2 },
    ),
  })
  .map(({ target, lines, body, changes }) => {
    const drawn = lines.map(([name, value, colon]) => `${name}${colon}${value}`);
    let text = requestOf(drawn, { target, body });
    for (const [place, what, how] of changes) {
      const at = place % text.length;
      text =
        text.slice(0, at) + (how === "delete" ? "" : what) + text.slice(at + +(how !== "insert"));
    }
    return Buffer.from(text, "latin1");
  });

test("reads nothing in another way than Node's parser", async () => {
  let plain = 0;
  await fc.assert(
    fc.asyncProperty(DRAWN, async (bytes) => {
      const ours = readPlainRequest(bytes, undefined);
      if (ours === undefined) return;
      plain += 1;
      const { peer: _, ...request } = ours;
      expect(request).toEqual(await readByNode(bytes));
    }),
    { numRuns: 4000 },
  );
  expect(plain).toBeGreaterThan(400);
});
