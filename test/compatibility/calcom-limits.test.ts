import { newKey } from "@latchkey/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../answer.ts";
import {
  bearer,
  type Client,
  expectFault,
  limitHeaders,
  newClient,
  pairOf,
} from "../calcom-platform.ts";
import { type RunningServer, startServer, waitUntil } from "../running-server.ts";

// Checklist 6.3 of the compatibility document, lines 30 to 33.

const FORMAT = { live: "cal_live_", test: "cal_", form: "hex" } as const;
const LIMITED = "CustomThrottlerGuard - Too many requests. Please try again later.";

type Headers = Readonly<Record<string, string>>;

let server: RunningServer;
let client: Client;
beforeAll(async () => {
  server = await startServer({
    policy: {
      apis: [
        { slug: "calcom", extends: "calcom" },
        {
          slug: "any",
          extends: "calcom",
          limits: {
            apiKey: {
              per: "credential",
              windows: [{ name: "default", max: 120, windowSeconds: 60, blockSeconds: 60 }],
              refuseWhen: "any",
            },
          },
        },
      ],
    },
  });
  const platform = { id: "acct_platform", name: "Platform", kind: "platform", plan: "STARTER" };
  await server.create("calcom", "accounts", platform);
  client = await newClient(server, "acct_platform");
});
afterAll(() => server?.stop());

/** An echo endpoint that takes any credential. */
const ECHO = "/v2/webhooks";

const keyWith = async (draft: object = {}, api = "calcom") =>
  bearer((await server.issueKey({ ...draft }, api)).key);

function ask(line: string, headers: Headers = {}, body?: unknown): Promise<Answer> {
  const [method = "", path = ""] = line.split(" ");
  const asked = { method, path: `/calcom${path}`, headers };
  return server.ask(body === undefined ? asked : { ...asked, body });
}

/** What becomes of `count` requests in turn, as `POST verify/batch` tells it. */
async function burst(count: number, asked: object, api = "calcom"): Promise<Answer["json"][]> {
  const decisions: Answer["json"][] = [];
  while (decisions.length < count) {
    const request = { method: "GET", url: ECHO, headers: {}, ...asked };
    const requests = Array(Math.min(100, count - decisions.length)).fill(request);
    const answer = await server.operator("POST", `/v1/apis/${api}/verify/batch`, { requests });
    decisions.push(...answer.json.decisions);
  }
  return decisions;
}

const statuses = (decisions: readonly { readonly status: number }[]) =>
  decisions.map(({ status }) => status);

describe("6.3.30 where the limit stands is in the answer to", () => {
  const ORG = "/v2/organizations";
  const CLIENTS = "/v2/oauth-clients";

  test.each<[string, number, () => Promise<Answer>, number]>([
    ["an API's own endpoint", 200, async () => ask(`GET ${ECHO}`, await keyWith()), 120],
    ["one that is answered here", 200, async () => ask("GET /v2/me", await keyWith()), 120],
    ["a client", 200, () => ask("GET /v2/me", pairOf(client)), 500],
    ["nobody in particular", 200, () => ask("GET /v2/slots"), 120],
    ["no credential", 401, () => ask("GET /v2/me"), 120],
    ["half a pair", 401, () => ask("GET /v2/me", { "x-cal-secret-key": "x" }), 120],
    ["an unknown key", 401, () => ask("GET /v2/me", bearer(newKey(FORMAT, "live").key)), 120],
    ["an unknown token", 401, () => ask("GET /v2/me", bearer("hunter2")), 120],
    ["a wrong secret", 401, () => ask("GET /v2/me", pairOf(client, { clientSecret: "x" })), 120],
    ["a key where it may not be", 403, async () => ask("GET /v2/teams", await keyWith()), 120],
    ["a client where it may not be", 403, () => ask("GET /v2/teams", pairOf(client)), 500],
    ["a key that is no platform's", 403, async () => ask(`GET ${CLIENTS}`, await keyWith()), 120],
    [
      "a key of the wrong kind",
      401,
      async () => ask(`GET ${CLIENTS}/app_1/users`, await keyWith()),
      120,
    ],
    ["another's account", 404, async () => ask(`GET ${ORG}/acct_0`, await keyWith()), 120],
    [
      "a client that is not there",
      404,
      async () => ask(`GET ${CLIENTS}/app_0`, await keyWith({ accountId: "acct_platform" })),
      120,
    ],
    ["a path that is none", 400, () => ask("GET /v2/%2e%2e/me"), 120],
    [
      "a body that is wrong",
      400,
      async () => ask("POST /v2/api-keys/refresh", await keyWith(), { apiKeyDaysValid: 0 }),
      120,
    ],
    [
      "a body that is no JSON",
      400,
      async () => ask("POST /v2/api-keys/refresh", await keyWith(), "{"),
      120,
    ],
    [
      "a key of an own limit",
      200,
      async () => ask(`GET ${ECHO}`, await keyWith({ limits: ["200/minute"] })),
      200,
    ],
    [
      "a request too many",
      429,
      async () => {
        const headers = await keyWith({ limits: ["1/minute"] });
        await ask(`GET ${ECHO}`, headers);
        return ask(`GET ${ECHO}`, headers);
      },
      1,
    ],
  ])("%s, %i", async (_what, status, answered, max) => {
    const answer = await answered();
    expect([answer.status, answer.text]).toEqual([status, answer.text]);
    const { limit, remaining, reset } = limitHeaders(answer);
    expect(limit).toBe(max);
    expect(remaining).toBeGreaterThanOrEqual(0);
    expect(remaining).toBeLessThanOrEqual(max);
    // Seconds from now, not an instant.
    expect(reset).toBeGreaterThanOrEqual(0);
    expect(reset).toBeLessThanOrEqual(60);
    if (status === 429) expect(answer.headers["retry-after"]).toBe(String(reset));
    else expect(answer.headers["retry-after"]).toBeUndefined();
    const unnamed = Object.keys(answer.headers).filter((name) =>
      /^(x-)?ratelimit(?!.*-default$)/.test(name),
    );
    expect(unnamed).toEqual([]);
  });

  test("forward-auth and verify as well, the name's first letter in upper case", async () => {
    const headers = await keyWith({ limits: [{ name: "short", max: 9, windowSeconds: 5 }] });
    const forwarded = await server.ask({
      path: "/v1/apis/calcom/forward-auth",
      headers: {
        ...headers,
        "x-latchkey-token": server.operatorToken,
        "x-forwarded-method": "GET",
        "x-forwarded-uri": ECHO,
      },
    });
    expect(limitHeaders(forwarded, "short")).toEqual({ limit: 9, remaining: 8, reset: 5 });
    const [decision] = await burst(1, { headers });
    const lines = Object.keys(decision.response.headers).filter((name) => /ratelimit/i.test(name));
    expect(lines).toEqual([
      "X-RateLimit-Limit-Short",
      "X-RateLimit-Remaining-Short",
      "X-RateLimit-Reset-Short",
    ]);
  });

  test("a refusal that counts for nothing says it without changing it", async () => {
    const headers = await keyWith();
    expect(limitHeaders(await ask(`GET ${ECHO}`, headers))).toMatchObject({ remaining: 119 });
    for (let i = 0; i < 5; i += 1) {
      expect(limitHeaders(await ask("GET /v2/teams", headers))).toMatchObject({ remaining: 119 });
    }
    expect(limitHeaders(await ask(`GET ${ECHO}`, headers))).toMatchObject({ remaining: 118 });
  });
});

/** Asks at the facade until it refuses, and shows how many passed and what it said then. */
async function untilRefused(headers: Headers, most: number) {
  for (let passed = 0; passed <= most; passed += 1) {
    const answer = await ask(`GET ${ECHO}`, headers);
    if (answer.status !== 200) return { passed, answer };
    expect(limitHeaders(answer)).toMatchObject({ limit: most, remaining: most - passed - 1 });
  }
  throw new Error(`more than ${most} passed`);
}

describe("6.3.31 request limit + 1 is refused, and blocks for 60 s:", () => {
  test.each<[string, number, () => Promise<Headers>]>([
    ["a key", 120, () => keyWith()],
    ["a client", 500, async () => pairOf(await newClient(server, "acct_platform"))],
    ["a key given 200", 200, () => keyWith({ limits: ["200/minute"] })],
    [
      "a key given 800",
      800,
      () => keyWith({ limits: [{ name: "default", max: 800, windowSeconds: 60 }] }),
    ],
  ])("%s, %i a minute", async (_whose, max, headersOf) => {
    const headers = await headersOf();
    const { passed, answer } = await untilRefused(headers, max);
    expect(passed).toBe(max);
    expectFault(answer, { status: 429, message: LIMITED, path: ECHO, details: "text" });
    expect(limitHeaders(answer)).toEqual({ limit: max, remaining: 0, reset: 60 });
    expect(answer.headers["retry-after"]).toBe("60");
    const again = await ask(`GET ${ECHO}`, headers);
    expect([again.status, limitHeaders(again).remaining]).toEqual([429, 0]);
  });

  test("anonymous callers, 120 a minute for each address", async () => {
    const from = (ip: string) => burst(121, { url: "/v2/slots", ip });
    const decisions = await from("198.51.100.7");
    expect(statuses(decisions)).toEqual([...Array(120).fill(200), 429]);
    expect(decisions[0].principal.kind).toBe("anonymous");
    expect(decisions[120].response.headers).toMatchObject({
      "X-RateLimit-Limit-Default": "120",
      "X-RateLimit-Remaining-Default": "0",
      "X-RateLimit-Reset-Default": "60",
      "Retry-After": "60",
    });
    expect(statuses(await from("198.51.100.8"))).toEqual([...Array(120).fill(200), 429]);
  });

  test("exactly so many pass, however many come at once", async () => {
    const headers = await keyWith();
    const answers = await Promise.all(
      Array.from({ length: 150 }, () => ask(`GET ${ECHO}`, headers)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(120);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(30);
  });

  test.each([
    ["that of all keys", undefined, 120],
    ["one raised to 200", ["200/minute"], 200],
    ["one raised to 800", [{ name: "default", max: 800, windowSeconds: 60 }], 800],
  ])("the block of %s begins with the refusal, not with the window", async (_what, limits, max) => {
    const headers = await keyWith(limits === undefined ? {} : { limits });
    const decisions = await burst(max, { headers });
    const windowEnd = Date.parse(decisions[0].limit.resetAt);
    const opened = windowEnd - 60_000;
    await waitUntil("a moment of the window is over", async () => Date.now() > opened + 50);
    const asked = Date.now();
    const [refused] = await burst(1, { headers });
    expect(refused.status).toBe(429);
    const blockEnd = Date.parse(refused.limit.resetAt);
    expect(blockEnd).toBeGreaterThan(windowEnd);
    expect(blockEnd).toBeGreaterThanOrEqual(asked + 60_000);
    expect(blockEnd).toBeLessThanOrEqual(Date.now() + 60_000);
    // Asking on does not lengthen it.
    const [again] = await burst(1, { headers });
    expect(again.limit.resetAt).toBe(refused.limit.resetAt);
  });

  test("the block outlasts the window, and then the count starts at 1", async () => {
    const limits = [{ name: "default", max: 3, windowSeconds: 1, blockSeconds: 2 }];
    const headers = await keyWith({ limits });
    const decisions = await burst(4, { headers });
    expect(statuses(decisions)).toEqual([200, 200, 200, 429]);
    const blockEnd = Date.parse(decisions[3].limit.resetAt);
    expect(blockEnd - Date.parse(decisions[0].limit.resetAt)).toBeGreaterThanOrEqual(1000);
    let last: Answer["json"];
    await waitUntil("it passes again", async () => {
      [last] = await burst(1, { headers });
      return last.status === 200;
    });
    expect(Date.now()).toBeGreaterThanOrEqual(blockEnd);
    expect(last.limit).toMatchObject({ limit: 3, remaining: 2 });
  });

  test("a key that was issued is given another limit with its next request", async () => {
    const { id, key } = await server.issueKey({}, "calcom");
    const limitOf = async () => limitHeaders(await ask(`GET ${ECHO}`, bearer(key))).limit;
    const seen = [await limitOf()];
    for (const limits of [["200/minute"], ["800/minute"], null]) {
      await server.operator("PATCH", `/v1/apis/calcom/api-keys/${id}`, { limits });
      seen.push(await limitOf());
    }
    expect(seen).toEqual([120, 200, 800, 120]);
  });
});

describe("6.3.32 of several named limits on a key", () => {
  const limits = [
    { name: "short", max: 2, windowSeconds: 60 },
    { name: "long", max: 5, windowSeconds: 3600 },
  ];
  const remaining = (decision: Answer["json"]) =>
    ["Short", "Long"].map((name) => decision.response.headers[`X-RateLimit-Remaining-${name}`]);

  test("one that is exceeded refuses nothing; all of them do", async () => {
    const headers = await keyWith({ limits });
    const decisions = await burst(7, { headers });
    expect(statuses(decisions)).toEqual([200, 200, 200, 200, 200, 429, 429]);
    expect(decisions.slice(0, 6).map(remaining)).toEqual([
      ["1", "4"],
      ["0", "3"],
      ["0", "2"],
      ["0", "1"],
      ["0", "0"],
      ["0", "0"],
    ]);
    const answer = await ask(`GET ${ECHO}`, headers);
    expectFault(answer, { status: 429, message: LIMITED, path: ECHO, details: "text" });
    expect(limitHeaders(answer, "short")).toMatchObject({ limit: 2, remaining: 0 });
    expect(limitHeaders(answer, "long")).toMatchObject({ limit: 5, remaining: 0 });
    // It passes again with the first of them that lets it.
    const wait = Number(answer.headers["retry-after"]);
    expect(wait).toBe(limitHeaders(answer, "short").reset);
    expect(wait).toBeLessThanOrEqual(60);
  });

  test("(X) each refuses where the policy says any", async () => {
    const headers = await keyWith({ limits }, "any");
    const decisions = await burst(4, { headers }, "any");
    expect(statuses(decisions)).toEqual([200, 200, 429, 429]);
    expect(decisions.map(remaining)).toEqual([
      ["1", "4"],
      ["0", "3"],
      ["0", "3"],
      ["0", "3"],
    ]);
  });

  test("the policy's own limit is one of them only if the key has none", async () => {
    const headers = await keyWith({ limits });
    const answer = await ask(`GET ${ECHO}`, headers);
    const names = Object.keys(answer.headers).filter((name) =>
      name.startsWith("x-ratelimit-limit"),
    );
    expect(names).toEqual(["x-ratelimit-limit-short", "x-ratelimit-limit-long"]);
  });
});

describe("6.3.33 (X) failed authentication", () => {
  test("is limited to 100 a minute for an address; what is known passes on", async () => {
    const ip = "203.0.113.5";
    const known = { headers: await keyWith(), ip };
    const pair = { headers: pairOf(client), ip };
    expect(statuses(await burst(1, known))).toEqual([200]);
    expect(statuses(await burst(1, pair))).toEqual([200]);
    const seen: Answer["json"][] = [];
    for (let i = 0; i < 102; i += 1) {
      const headers = bearer(newKey(FORMAT, "live").key);
      seen.push(...(await burst(1, { headers, ip })));
    }
    expect(statuses(seen)).toEqual([...Array(100).fill(401), 429, 429]);
    const { reason, response } = seen[101];
    expect(reason).toBe("address_throttled");
    expect(JSON.parse(response.body).error).toEqual({
      code: "ThrottlerException",
      message: LIMITED,
      details: LIMITED,
    });
    expect(Number(response.headers["Retry-After"])).toBeGreaterThan(0);
    expect(statuses(await burst(1, known))).toEqual([200]);
    expect(statuses(await burst(1, pair))).toEqual([200]);
    const elsewhere = { headers: bearer(newKey(FORMAT, "live").key), ip: "203.0.113.6" };
    expect(statuses(await burst(1, elsewhere))).toEqual([401]);
  });

  test("is not counted against the client that it names", async () => {
    const named = await newClient(server, "acct_platform");
    const ip = "203.0.113.7";
    const remaining = async () => {
      const [decision] = await burst(1, { headers: pairOf(named), ip });
      return [decision.status, decision.limit.remaining];
    };
    expect(await remaining()).toEqual([200, 499]);
    const wrong = { headers: pairOf(named, { clientSecret: "x" }), ip };
    expect(statuses(await burst(100, wrong))).toEqual(Array(100).fill(401));
    const idOnly = { headers: { "x-cal-client-id": named.clientId }, ip };
    expect(statuses(await burst(10, idOnly))).toEqual(Array(10).fill(401));
    // Whoever guesses a secret is slowed down as well; who has it is not.
    expect(statuses(await burst(2, wrong))).toEqual([429, 429]);
    expect(await remaining()).toEqual([200, 498]);
  });
});
