import { Agent, type IncomingMessage, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { constants, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import Fastify from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { handleErrors } from "../errors.ts";
import { MAX_BODY, parseJsonBodies } from "../json-body.ts";
import { buildValidator } from "../validation.ts";
import { acceptCodedBodies, leaveBodies } from "./request-bodies.ts";

const app = Fastify({
  bodyLimit: MAX_BODY,
  schemaController: { compilersFactory: { buildValidator } },
});
handleErrors(app);
parseJsonBodies(app);
app.register(async (read) => {
  acceptCodedBodies(read);
  read.post("/read", async ({ body }) => ({ body }));
  read.post("/length", async ({ body }) => ({ length: JSON.stringify(body).length }));
  read.get("/read", async () => ({ body: null }));
});
app.register(async (left) => {
  leaveBodies(left);
  left.all("/left", async () => ({ left: true }));
});
beforeAll(() => app.listen({ host: "127.0.0.1", port: 0 }));
afterAll(() => app.close());

const TEXT = JSON.stringify({ greeting: "grüß Gott", filler: "x".repeat(2000) });

const JUNK = Buffer.from("junk");

/** A zstd frame without content, which decoders skip (RFC 8878 §3.1.2). */
const SKIPPED = Buffer.from("502a4d1804000000aabbccdd", "hex");

/** The text coded in two parts, one behind the other. */
function inTwo(compress: (text: string) => Buffer): Buffer {
  return Buffer.concat([compress(TEXT.slice(0, 99)), compress(TEXT.slice(99))]);
}

function post(coding: string | undefined, payload: string | Buffer, url = "/read") {
  const headers = {
    "content-type": "application/json",
    ...(coding === undefined ? {} : { "content-encoding": coding }),
  };
  return app.inject({ method: "POST", url, headers, payload });
}

describe("takes a body", () => {
  test.each([
    ["as it is", undefined, TEXT],
    ["as it is, and saying so", "identity", TEXT],
    ["in gzip", "gzip", gzipSync(TEXT)],
    ["in gzip by its old name", "x-gzip", gzipSync(TEXT)],
    ["in gzip, in any case and with spaces", " GZip ", gzipSync(TEXT)],
    ["in gzip of two members", "gzip", inTwo(gzipSync)],
    [
      "in gzip of three, of which one is empty",
      "gzip",
      Buffer.concat([gzipSync(""), inTwo(gzipSync)]),
    ],
    ["in zstd", "zstd", zstdCompressSync(TEXT)],
    ["in zstd of two frames", "zstd", inTwo(zstdCompressSync)],
    ["in zstd with a frame to skip", "zstd", Buffer.concat([SKIPPED, zstdCompressSync(TEXT)])],
    [
      "in zstd with its checksum",
      "zstd",
      zstdCompressSync(TEXT, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
    ],
  ])("%s", async (_how, coding, payload) => {
    const answer = await post(coding, payload);
    expect([answer.statusCode, answer.json()]).toEqual([200, { body: JSON.parse(TEXT) }]);
  });

  test.each([
    ["whatever its coding is called", "gzip", Buffer.alloc(0)],
    ["though it has a member of gzip", "gzip", gzipSync("")],
    ["though it has a frame of zstd to skip", "zstd", SKIPPED],
  ])("that is empty, %s", async (_what, coding, payload) => {
    expect((await post(coding, payload)).json()).toEqual({ body: {} });
  });
});

describe("refuses with 415, and says what it takes,", () => {
  test.each(["deflate", "br", "compress", "", "gzip, gzip", "gzip, zstd", "identity, gzip", "*"])(
    "the coding %j",
    async (coding) => {
      const answer = await post(coding, gzipSync(TEXT));
      expect([answer.statusCode, answer.json().error.code]).toEqual([
        415,
        "UNSUPPORTED_MEDIA_TYPE",
      ]);
      expect(answer.headers["accept-encoding"]).toBe("gzip, zstd");
    },
  );

  test("two lines that name a coding", async () => {
    const lines = ["Content-Encoding", "gzip", "Content-Encoding", "gzip"];
    const { status } = await overTheWire("/read", [...lines, ...JSON_LINES], gzipSync(TEXT));
    expect(status).toBe(415);
  });

  test("but not a call without a body", async () => {
    const headers = { "content-encoding": "br" };
    expect((await app.inject({ url: "/read", headers })).statusCode).toBe(200);
  });
});

/** Compressed, with one byte of what follows the header changed. */
function spoilt(coded: Buffer): Buffer {
  const copy = Buffer.from(coded);
  copy[coded.length - 6] = (copy[coded.length - 6] ?? 0) ^ 0xff;
  return copy;
}

describe("refuses with 400", () => {
  const checked = zstdCompressSync(TEXT, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  const wide = zstdCompressSync(Buffer.alloc(64 * MAX_BODY), {
    params: { [constants.ZSTD_c_windowLog]: 26 },
  });
  test.each([
    ["gzip that is none", "gzip", Buffer.from(TEXT)],
    ["gzip that is deflate", "gzip", deflateSync(TEXT)],
    ["gzip that is zstd", "gzip", zstdCompressSync(TEXT)],
    ["zstd that is gzip", "zstd", gzipSync(TEXT)],
    ["gzip that was cut off", "gzip", gzipSync(TEXT).subarray(0, -1)],
    ["gzip of which only the header came", "gzip", gzipSync(TEXT).subarray(0, 10)],
    ["zstd that was cut off", "zstd", zstdCompressSync(TEXT).subarray(0, -1)],
    ["gzip with a wrong checksum", "gzip", spoilt(gzipSync(TEXT))],
    ["zstd with a wrong checksum", "zstd", spoilt(checked)],
    ["gzip with something behind it", "gzip", Buffer.concat([gzipSync(TEXT), Buffer.from("x")])],
    ["gzip with something behind its second", "gzip", Buffer.concat([inTwo(gzipSync), JUNK])],
    ["gzip with zeros behind it", "gzip", Buffer.concat([gzipSync(TEXT), Buffer.alloc(4)])],
    [
      "gzip with a member behind zeros",
      "gzip",
      Buffer.concat([gzipSync(TEXT), Buffer.alloc(1), gzipSync(TEXT)]),
    ],
    ["gzip whose second member was cut off", "gzip", inTwo(gzipSync).subarray(0, -1)],
    ["zstd with something behind it", "zstd", Buffer.concat([checked, Buffer.from("xxxx")])],
    ["zstd that wants a window of 64 MiB", "zstd", wide],
  ])("%s", async (_what, coding, payload) => {
    const answer = await post(coding, payload);
    expect([answer.statusCode, answer.json().error]).toEqual([
      400,
      expect.objectContaining({
        code: "INVALID_REQUEST",
        message: "The body is not what Content-Encoding says.",
      }),
    ]);
  });

  test.each([
    ["gzip", gzipSync("{")],
    ["zstd", zstdCompressSync("{")],
    ["gzip", gzipSync(Buffer.from([0x22, 0xff, 0x22]))],
    ["gzip", gzipSync(`${"[".repeat(33)}${"]".repeat(33)}`)],
  ])("%s of what is no JSON", async (coding, payload) => {
    const answer = await post(coding, payload);
    expect([answer.statusCode, answer.json().error.code]).toEqual([400, "INVALID_JSON"]);
  });
});

/** A JSON text of so many bytes. */
const ofSize = (bytes: number) => JSON.stringify("x".repeat(bytes - 2));

describe.each([
  ["gzip", gzipSync],
  ["zstd", zstdCompressSync],
] as const)("%s:", (coding, compress) => {
  test("1 MiB decoded is taken, and a byte more is 413", async () => {
    const most = await post(coding, compress(ofSize(MAX_BODY)), "/length");
    expect([most.statusCode, most.json()]).toEqual([200, { length: MAX_BODY }]);
    const more = await post(coding, compress(ofSize(MAX_BODY + 1)), "/length");
    expect([more.statusCode, more.json().error.code]).toEqual([413, "PAYLOAD_TOO_LARGE"]);
  });

  test("the bound is one for all parts of a body", async () => {
    const whole = ofSize(MAX_BODY + 1);
    const parts = [compress(whole.slice(0, MAX_BODY)), compress(whole.slice(MAX_BODY))];
    const answer = await post(coding, Buffer.concat(parts), "/length");
    expect([answer.statusCode, answer.json().error.code]).toEqual([413, "PAYLOAD_TOO_LARGE"]);
  });

  test("a body that is larger than 1 MiB although coded is 413", async () => {
    const noise = Buffer.alloc(MAX_BODY + 1, 1);
    expect((await post(coding, noise)).statusCode).toBe(413);
  });

  test("a small body that becomes 100 MB stops at the bound, and costs no more memory", async () => {
    const bomb = compress(Buffer.alloc(100_000_000, " "));
    expect(bomb.length).toBeLessThan(110_000);
    const before = process.memoryUsage().rss;
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss - before);
    }, 1);
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(coding, bomb)));
    clearInterval(watch);
    expect(answers.map((answer) => answer.statusCode)).toEqual(Array(8).fill(413));
    expect(answers[0]?.json().error.message).toBe("The body is larger than 1 MiB once decoded.");
    // Eight of 100 MB would show, wherever the garbage collector is.
    expect(peak).toBeLessThan(200_000_000);
  });
});

test("an Idempotency-Key is compared with what a body says, not with how it is coded", async () => {
  const digests: (string | undefined)[] = [];
  const other = Fastify();
  parseJsonBodies(other);
  acceptCodedBodies(other);
  other.post("/", async ({ bodyDigest }) => {
    digests.push(bodyDigest === null ? undefined : Buffer.from(bodyDigest).toString("hex"));
    return {};
  });
  for (const [coding, payload] of [
    ["identity", TEXT],
    ["gzip", gzipSync(TEXT)],
    ["zstd", zstdCompressSync(TEXT)],
    ["identity", "{}"],
  ] as const) {
    const headers = { "content-type": "application/json", "content-encoding": coding };
    await other.inject({
      method: "POST",
      url: "/",
      headers: { ...headers, "idempotency-key": "one" },
      payload,
    });
  }
  await other.close();
  expect(digests).toEqual([digests[0], digests[0], digests[0], expect.any(String)]);
  expect(digests[3]).not.toBe(digests[0]);
});

describe("a connection goes on", () => {
  test.each([
    ["after a body that nobody read", "/left", [], Buffer.alloc(300_000), 200],
    ["after a body of a type that nobody knows", "/left", ["Content-Type", "x/y"], TEXT, 200],
    ["after a coding that nobody knows", "/read", ["Content-Encoding", "br"], TEXT, 415],
  ])("%s", async (_what, path, lines, payload, status) => {
    const all = lines[0] === "Content-Type" ? lines : [...lines, ...JSON_LINES];
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const answers = [
      await overTheWire(path, all, payload, agent),
      await overTheWire("/read", JSON_LINES, TEXT, agent),
    ];
    agent.destroy();
    expect(answers.map((answer) => answer.status)).toEqual([status, 200]);
    expect(answers[1]?.port).toBe(answers[0]?.port);
  });
});

const JSON_LINES = ["Content-Type", "application/json"];

/** Sent in chunks over a connection, with the lines as they are. */
function overTheWire(path: string, lines: readonly string[], body: string | Buffer, agent?: Agent) {
  const { port } = app.server.address() as AddressInfo;
  return new Promise<{ status: number | undefined; port: number | undefined }>((resolve, fail) => {
    const headers = ["Host", "localhost", "Transfer-Encoding", "chunked", ...lines];
    const sent = send({ port, host: "127.0.0.1", method: "POST", path, headers, agent });
    sent.once("error", fail);
    sent.once("response", (answer: IncomingMessage) => {
      const { localPort } = answer.socket;
      answer.resume().once("end", () => resolve({ status: answer.statusCode, port: localPort }));
    });
    sent.end(body);
  });
}

test("a QUERY that has no Content-Type is 400", async () => {
  const answer = await app.inject({ method: "QUERY", url: "/left" });
  expect([answer.statusCode, answer.json().error]).toEqual([
    400,
    expect.objectContaining({ code: "INVALID_REQUEST", message: "A QUERY needs a Content-Type." }),
  ]);
});
