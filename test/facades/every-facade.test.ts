import { gzipSync, zstdCompressSync } from "node:zlib";
import { profiles } from "@latchkey/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer, Question } from "../answer.ts";
import { type RunningServer, startServer } from "../running-server.ts";

interface Facade {
  /** What an allowed call to an endpoint with a body looks like, as far as it is not JSON. */
  readonly post: string;
  /** A kind of account whose key may call it. */
  readonly kind: string;
  readonly header: (key: string) => Readonly<Record<string, string>>;
  /** What the body of a fault with this status is. */
  readonly fault: (status: number) => object;
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const text = expect.any(String);

const FACADES: Readonly<Record<string, Facade>> = {
  standard: {
    post: "/api-keys",
    kind: "account",
    header: bearer,
    fault: () => ({ error: expect.objectContaining({ code: text, message: text }) }),
  },
  savvycal: {
    post: "/v1/accounts",
    kind: "platform",
    header: bearer,
    fault: (status) => ({
      errors: [expect.objectContaining({ detail: text, status: String(status) })],
    }),
  },
  calcom: {
    post: "/v2/oauth-clients",
    kind: "platform",
    header: bearer,
    fault: () => ({
      status: "error",
      timestamp: text,
      path: text,
      error: { code: text, message: text, details: expect.anything() },
    }),
  },
  "signed-keys": {
    post: "/auth/test",
    kind: "account",
    header: (key) => ({ "x-api-key": key }),
    fault: () => ({ error: text }),
  },
};
const NAMES = Object.keys(FACADES);
const policy = { apis: NAMES.map((name) => ({ slug: name, extends: name })) };

let server: RunningServer;
let production: RunningServer;
/** Keys that may call `post`, and keys of an account on its own. */
const keys: Record<string, string> = {};
const plainKeys: Record<string, string> = {};
beforeAll(async () => {
  [server, production] = await Promise.all([
    startServer({ policy }),
    startServer({ policy, mode: "serve", env: { LATCHKEY_PUBLIC_URL: "http://localhost:4000" } }),
  ]);
  for (const [api, { kind }] of Object.entries(FACADES)) {
    const account = { id: "acct_facade", name: "Facade", kind };
    await server.operator("POST", `/v1/apis/${api}/accounts`, account);
    const { scopes } = profiles[api as keyof typeof profiles];
    const draft = { accountId: "acct_facade", scopes: Object.keys(scopes ?? {}) };
    keys[api] = (await server.issueKey(draft, api)).key;
    plainKeys[api] = (await server.issueKey({}, api)).key;
  }
});
afterAll(() => Promise.all([server?.stop(), production?.stop()]));

test("every profile there is has its facade here", () => {
  expect(NAMES).toEqual(Object.keys(profiles));
});

describe.each(NAMES)("%s:", (api) => {
  const { post = "", header = bearer, fault = () => ({}) } = FACADES[api] ?? {};

  function ask(question: Partial<Question> = {}): Promise<Answer> {
    const headers = { ...header(keys[api] ?? ""), ...question.headers };
    const path = `/${api}${question.path ?? post}`;
    return server.ask({ method: "POST", ...question, path, headers });
  }

  function expectFault(answer: Answer, status: number): void {
    expect([answer.status, answer.json]).toEqual([status, fault(status)]);
    expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(answer.headers["access-control-allow-origin"]).toBe("*");
    expect(answer.headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  }

  const SPACES = Buffer.alloc(100_000_000, " ");
  test.each([
    ["a gzip bomb is 413", "gzip", () => gzipSync(SPACES), 413],
    ["a zstd bomb is 413", "zstd", () => zstdCompressSync(SPACES), 413],
    ["a large body is 413", "identity", () => Buffer.alloc(1024 * 1024 + 1, " "), 413],
    ["another coding is 415", "br", () => Buffer.from("{}"), 415],
    ["several codings are 415", "gzip, gzip", () => gzipSync(gzipSync("{}")), 415],
    ["gzip that was cut off is 400", "gzip", () => gzipSync("{}").subarray(0, -1), 400],
    ["zstd that is gzip is 400", "zstd", () => gzipSync("{}"), 400],
    ["what is no JSON is 400", "identity", () => Buffer.from("{"), 400],
    ["what is no JSON, coded, is 400", "zstd", () => zstdCompressSync("{"), 400],
  ])("%s", async (_what, coding, body, status) => {
    expectFault(await ask({ headers: { "content-encoding": coding }, body: body() }), status);
  });

  test("another type of body is 415", async () => {
    const answer = await ask({ headers: { "content-type": "text/plain" }, body: "{}" });
    expectFault(answer, 415);
  });

  test("a body may be in gzip or zstd", async () => {
    const codes = [];
    for (const [coding, body] of [
      ["identity", Buffer.from("[]")],
      ["gzip", gzipSync("[]")],
      ["zstd", zstdCompressSync("[]")],
    ] as const) {
      const { status } = await ask({ headers: { "content-encoding": coding }, body });
      codes.push(status);
    }
    // Whatever the endpoint says to an array: it has seen the same one.
    expect(new Set(codes).size).toBe(1);
    expect([200, 400, 422]).toContain(codes[0]);
  });

  test("a path that cannot be decoded is refused as the policy refuses it", async () => {
    for (const path of ["/%zz", "/%", `${post}/%ff`]) {
      expectFault(await ask({ method: "GET", path }), 400);
    }
  });

  test("a method that nobody knows is refused in the same shape", async () => {
    expectFault(await ask({ method: "PROPFIND" }), 405);
    expectFault(await ask({ method: "PROPFIND", path: "/v9/anything" }), 404);
  });

  test("an echo takes any body, without reading it", async () => {
    for (const [coding, body] of [
      ["br", "x"],
      ["gzip", "x"],
      ["identity", Buffer.alloc(3_000_000)],
    ] as const) {
      const own = header(plainKeys[api] ?? "");
      const headers = { ...own, "content-encoding": coding, "content-type": "x/y" };
      const answer = await ask({ path: "/v9/anything", headers, body });
      expect([answer.status, answer.json.latchkey]).toEqual([200, "echo"]);
    }
  });

  test("in production a path of the API's own is not found here", async () => {
    const key = (await production.issueKey({}, api)).key;
    const path = `/${api}/v9/anything`;
    const headers = { ...header(key), "x-forwarded-proto": "https" };
    expectFault(await production.ask({ path, headers }), 404);
  });

  test("a script may read what an answer says in headers, and send what it asks to", async () => {
    const own = header(plainKeys[api] ?? "");
    const allowed = await ask({ method: "GET", path: "/v9/anything", headers: own });
    expect(allowed.status).toBe(200);
    const refused = await ask({ method: "GET", headers: header("x") });
    for (const { headers } of [allowed, refused]) {
      const exposed = headers["access-control-expose-headers"]?.toLowerCase().split(", ") ?? [];
      const hidden = Object.keys(headers).filter(
        (name) =>
          /limit|request-id|version|retry|www-auth|expires-at/.test(name) &&
          !exposed.includes(name),
      );
      expect(hidden).toEqual([]);
    }
    const asked = Object.keys(header("x")).join(", ");
    const preflight = await server.ask({
      method: "OPTIONS",
      path: `/${api}${post}`,
      headers: {
        origin: "https://app.example.com",
        "access-control-request-method": "POST",
        "access-control-request-headers": asked,
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers["access-control-allow-headers"]).toBe(asked);
    expect(preflight.headers["access-control-allow-credentials"]).toBeUndefined();
  });
});
