import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Question } from "../answer.ts";
import { type RunningServer, startServer, TEST_ACCOUNT } from "../running-server.ts";

let server: RunningServer;
let key = "";
beforeAll(async () => {
  server = await startServer({
    policy: { apis: [{ slug: "signed-keys", extends: "signed-keys" }] },
  });
  key = (await server.issueKey({}, "signed-keys")).key;
});
afterAll(() => server?.stop());

function authTest(question: Partial<Question> = {}) {
  const headers = { "x-api-key": key, ...question.headers };
  return server.ask({ path: "/signed-keys/auth/test", ...question, headers });
}

test("/auth/test says whom the key stands for, with either method", async () => {
  for (const method of ["GET", "POST"]) {
    const { status, json } = await authTest({ method });
    expect([method, status, json]).toEqual([
      method,
      200,
      {
        valid: true,
        account_id: TEST_ACCOUNT,
        user_id: null,
        mode: "live",
        organization_id: null,
        expires_at: null,
      },
    ]);
  }
});

test("/auth/test says when a key expires, and that it is a test key", async () => {
  const expiresAt = "2099-01-01T00:00:00.000Z";
  const draft = { expiresAt, mode: "test" };
  const other = (await server.issueKey(draft, "signed-keys")).key;
  const { json } = await authTest({ headers: { "x-api-key": other } });
  expect(json).toMatchObject({ mode: "test", expires_at: expiresAt });
});

const BODY = JSON.stringify({ text: "x".repeat(2000) });

test.each([
  ["gzip", gzipSync(BODY)],
  ["zstd", zstdCompressSync(BODY)],
])("6.4.15 a body in %s is accepted", async (coding, body) => {
  const headers = { "content-encoding": coding };
  expect((await authTest({ method: "POST", headers, body })).status).toBe(200);
});

describe("6.4.14 what is refused has a text in `error`, and nothing else but the time:", () => {
  const gzip = { "content-encoding": "gzip" };
  const zstd = { "content-encoding": "zstd" };
  const bomb = Buffer.alloc(100_000_000, " ");
  test.each<[string, number, Partial<Question>]>([
    ["no key", 401, { headers: { "x-api-key": [] } }],
    ["an unknown key", 401, { headers: { "x-api-key": "x" } }],
    ["two keys", 400, { headers: { "x-api-key": ["a", "b"] } }],
    ["a gzip bomb", 413, { method: "POST", headers: gzip, body: gzipSync(bomb) }],
    ["a zstd bomb", 413, { method: "POST", headers: zstd, body: zstdCompressSync(bomb) }],
    ["a large body", 413, { method: "POST", body: `"${"x".repeat(1024 * 1024)}"` }],
    ["gzip that is none", 400, { method: "POST", headers: gzip, body: BODY }],
    [
      "zstd that was cut off",
      400,
      { method: "POST", headers: zstd, body: zstdCompressSync(BODY).subarray(0, -2) },
    ],
    ["another coding", 415, { method: "POST", headers: { "content-encoding": "br" }, body: BODY }],
    ["another type", 415, { method: "POST", headers: { "content-type": "text/plain" }, body: "x" }],
    ["no JSON", 400, { method: "POST", body: "{" }],
    ["a path that cannot be decoded", 400, { path: "/signed-keys/%zz" }],
    ["a path with dots", 400, { path: "/signed-keys/a/../b" }],
    ["a method that nothing has", 405, { method: "PROPFIND" }],
  ])("%s", async (_what, expected, question) => {
    const { status, headers, json } = await authTest(question);
    expect([status, json]).toEqual([expected, { error: expect.any(String) }]);
    expect(json.error).not.toBe("");
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
  });
});
