import { randomBytes } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { newKey } from "@latchkey/engine";
import jwt from "jsonwebtoken";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer, Question } from "../answer.ts";
import { hs } from "../hostile/token-keys.ts";
import {
  type IssuedKey,
  type RunningServer,
  startServer,
  TEST_ACCOUNT,
  waitUntil,
} from "../running-server.ts";
import { sharedJwt, signedJwt, unixNow } from "../signed-jwt.ts";

// Checklist 6.4 of the compatibility document, line by line. The samples themselves, and what the
// client libraries send, run in samples.test.ts.

const UNAUTHORIZED = '{"error":"invalid or missing credentials"}';
const FORBIDDEN = '{"error":"forbidden"}';
const WELL_FORMED = { live: "sgn_live_", test: "sgn_test_", form: "checksummed" } as const;

let server: RunningServer;
/** Of the account `acct_test`: without a secret, and with one of each policy. */
const keys: Record<"plain" | "required" | "optional" | "once", Signer> = {
  plain: { key: "", secret: "" },
  required: { key: "", secret: "" },
  optional: { key: "", secret: "" },
  once: { key: "", secret: "" },
};
/** Two organizations, each with a user, whose key must be signed, and a key of its own. */
const users: Record<"ours" | "theirs", Signer> = {
  ours: { key: "", secret: "" },
  theirs: { key: "", secret: "" },
};
const apps: Record<"ours" | "theirs", Signer> = {
  ours: { key: "", secret: "" },
  theirs: { key: "", secret: "" },
};

/** What is named, and what signs for it. */
interface Signer {
  readonly key: string;
  readonly secret: string;
}

beforeAll(async () => {
  server = await startServer({
    policy: {
      apis: [
        { slug: "signed", extends: "signed-keys", failures: [] },
        { slug: "once", extends: "signed-keys", signatures: { oneTime: true }, failures: [] },
      ],
    },
  });
  keys.plain = signer(await server.issueKey({}, "signed"));
  keys.required = signer(await server.issueKey({ signing: "required" }, "signed"));
  keys.optional = signer(await server.issueKey({ signing: "optional" }, "signed"));
  keys.once = signer(await server.issueKey({ signing: "required" }, "once"));
  for (const name of ["ours", "theirs"] as const) {
    const [accountId, userId] = [`acct_${name}`, `user_${name}`];
    const organization = { id: accountId, name, kind: "organization" };
    await server.create("signed", "accounts", organization);
    await server.create("signed", "users", { id: userId, accountId });
    const draft = { accountId, userId, signing: "required" };
    users[name] = signer(await server.issueKey(draft, "signed"));
    const app = await server.create("signed", "organization-keys", { accountId });
    apps[name] = { key: app.appKey, secret: app.appSecret };
  }
});
afterAll(() => server?.stop());

function signer({ key, signingSecret = "" }: IssuedKey): Signer {
  return { key, secret: signingSecret };
}

type Headers = Readonly<Record<string, string | readonly string[]>>;

function ask(headers: Headers, question: Partial<Question> = {}, api = "signed"): Promise<Answer> {
  return server.ask({ path: `/${api}/auth/test`, ...question, headers });
}

/** `x-api-key` and the signature that belongs to it, for a minute, with changes. */
function signed({ key, secret }: Signer, claims: object = {}): Record<string, string> {
  return { "x-api-key": key, "x-signature": sharedJwt(secret, { key, ...claims }) };
}

/** The organization's pair, for a minute. */
function cosigned({ key, secret }: Signer, claims: object = {}): Record<string, string> {
  return { "x-app-key": key, "x-app-signature": sharedJwt(secret, { key, ...claims }) };
}

const alone = ({ key }: Signer) => ({ "x-api-key": key });

function expectRefused(answer: Answer, status: number, text: string): void {
  expect([answer.status, answer.text]).toEqual([status, text]);
  expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
}

async function expectAccepted(headers: Headers, as: object = {}): Promise<void> {
  for (const method of ["GET", "POST"]) {
    const { status, json } = await ask(headers, { method });
    expect([status, json]).toEqual([200, expect.objectContaining({ valid: true, ...as })]);
  }
}

test("6.4.1 x-api-key alone is accepted for a key without a signing secret", async () => {
  const as = { account_id: TEST_ACCOUNT, user_id: null, organization_id: null };
  await expectAccepted(alone(keys.plain), as);
  expect(keys.plain.secret).toBe("");
});

describe("6.4.2 a key's policy:", () => {
  test("required refuses the key alone, and takes it signed", async () => {
    expectRefused(await ask(alone(keys.required)), 401, UNAUTHORIZED);
    await expectAccepted(signed(keys.required));
  });

  test("optional takes both", async () => {
    await expectAccepted(alone(keys.optional));
    await expectAccepted(signed(keys.optional));
  });

  test("a key with a secret has one of the two, one without is off", async () => {
    for (const [signing, hasSecret] of [
      ["required", true],
      ["optional", true],
      ["off", false],
      [undefined, false],
    ] as const) {
      const draft = { name: "x", accountId: TEST_ACCOUNT, signing };
      const made = await server.create("signed", "api-keys", draft);
      expect(made.signing).toBe(signing ?? "off");
      expect(Object.hasOwn(made, "signingSecret")).toBe(hasSecret);
      const found = await server.operator("GET", `/v1/apis/signed/api-keys/${made.id}`);
      expect(found.json).not.toHaveProperty("signingSecret");
    }
  });

  test("required holds for Authorization too: it is no way around", async () => {
    for (const { key } of [keys.required, keys.plain]) {
      const answer = await ask({ authorization: `Bearer ${key}` });
      expectRefused(answer, 401, UNAUTHORIZED);
    }
  });
});

test.each([1, 15, 60])("6.4.3, 6.4.4 a signature for %i s is accepted", async (seconds) => {
  const exp = unixNow() + seconds;
  for (const more of [{}, { iat: unixNow() }]) {
    await expectAccepted(signed(keys.required, { exp, ...more }));
    await expectAccepted({ ...alone(users.ours), ...cosigned(apps.ours, { exp, ...more }) });
  }
});

test.each([{}, { noTimestamp: true }])("6.4.4 a library's signature, %j", async (options) => {
  const { key, secret } = keys.required;
  const claims = { key, exp: unixNow() + 60 };
  const signature = jwt.sign(claims, secret, { algorithm: "HS256", ...options });
  await expectAccepted({ "x-api-key": key, "x-signature": signature });
});

describe("6.4.5", () => {
  const EXPIRED = "the signature has expired";
  const TOO_LONG = "the signature expires too far in the future";

  test.each<[number, number, string?]>([
    [65, 200],
    [75, 401, TOO_LONG],
    [315_360_000, 401, TOO_LONG],
    [-1, 200],
    [-5, 401, EXPIRED],
    [-3600, 401, EXPIRED],
  ])("exp in %i s is %i", async (seconds, status, error) => {
    const exp = unixNow() + seconds;
    for (const headers of [
      signed(keys.required, { exp }),
      signed(keys.optional, { exp }),
      { ...alone(users.ours), ...cosigned(apps.ours, { exp }) },
    ]) {
      const answer = await ask(headers);
      expect(answer.status).toBe(status);
      if (error === undefined) continue;
      const { server_time: serverTime, ...body } = answer.json;
      expect(body).toEqual({ error });
      expect(serverTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(Math.abs(Date.parse(serverTime) - Date.now())).toBeLessThan(5000);
    }
  });
});

/** A signature of the key that is signed well but for what `broken` names. */
const BROKEN: readonly [string, (signer: Signer) => string][] = [
  ["another secret", ({ key }) => sharedJwt(randomBytes(32).toString("hex"), { key })],
  ["an empty secret", ({ key }) => sharedJwt("", { key })],
  ["the key as secret", ({ key }) => sharedJwt(key, { key })],
  ["a secret with a line end", ({ key, secret }) => sharedJwt(`${secret}\n`, { key })],
  ["another key's claim", ({ secret }) => sharedJwt(secret, { key: keys.plain.key })],
  ["no claim of a key", ({ secret }) => sharedJwt(secret, {})],
  ["a list of keys", ({ key, secret }) => sharedJwt(secret, { key: [key] })],
  ["no exp", ({ key, secret }) => sharedJwt(secret, { key, exp: undefined })],
  ["exp as a text", ({ key, secret }) => sharedJwt(secret, { key, exp: `${unixNow() + 30}` })],
  ["alg none", ({ key }) => signedJwt({ alg: "none" }, claimsFor(key), () => Buffer.alloc(0))],
  ["HS384", ({ key, secret }) => jwt.sign(claimsFor(key), secret, { algorithm: "HS384" })],
  ["HS512", ({ key, secret }) => jwt.sign(claimsFor(key), secret, { algorithm: "HS512" })],
  ["RS256 in name", ({ key, secret }) => signedJwt({ alg: "RS256" }, claimsFor(key), hs(secret))],
  ["half a signature", ({ key, secret }) => sharedJwt(secret, { key }).slice(0, -22)],
  ["no JWT", () => "signature"],
  ["nothing", () => ""],
];

function claimsFor(key: string) {
  return { key, exp: unixNow() + 60 };
}

test.each(BROKEN)("6.4.6, 6.4.7 a signature with %s is 401, also where optional", async (_, of) => {
  for (const signer of [keys.required, keys.optional]) {
    const answer = await ask({ ...alone(signer), "x-signature": of(signer) });
    expectRefused(answer, 401, UNAUTHORIZED);
  }
  const organization = { "x-app-key": apps.ours.key, "x-app-signature": of(apps.ours) };
  expectRefused(await ask({ ...alone(users.ours), ...organization }), 401, UNAUTHORIZED);
});

test("6.4.6 the claim of another key of the same account is 401", async () => {
  const { secret } = keys.required;
  const headers = { ...alone(keys.optional), "x-signature": sharedJwt(secret, claimsFor("")) };
  for (const key of [keys.required.key, keys.optional.key]) {
    headers["x-signature"] = sharedJwt(secret, claimsFor(key));
    expectRefused(await ask(headers), 401, UNAUTHORIZED);
  }
});

test("6.4.6 a signature that was accepted proves nothing for another key", async () => {
  const { "x-signature": signature = "" } = signed(keys.required);
  await expectAccepted({ ...alone(keys.required), "x-signature": signature });
  for (const other of [keys.optional, keys.plain, users.ours]) {
    const answer = await ask({ ...alone(other), "x-signature": signature });
    expectRefused(answer, 401, UNAUTHORIZED);
  }
});

test("6.4.7 a signature for a key that has no secret is refused: nothing can be in it", async () => {
  const { key } = keys.plain;
  for (const secret of ["", key, keys.required.secret]) {
    const headers = { "x-api-key": key, "x-signature": sharedJwt(secret, claimsFor(key)) };
    expectRefused(await ask(headers), 401, UNAUTHORIZED);
  }
});

test("6.4.8 an organization acts as its user, and is recorded", async () => {
  const headers = { ...alone(users.ours), ...cosigned(apps.ours) };
  const as = { account_id: "acct_ours", user_id: "user_ours", organization_id: "acct_ours" };
  await expectAccepted(headers, as);
  const request = { method: "GET", url: "/auth/test", headers };
  const { json } = await server.operator("POST", "/v1/apis/signed/verify", { request });
  expect(json.principal).toMatchObject({
    kind: "user",
    userId: "user_ours",
    accountId: "acct_ours",
    actor: { kind: "organization", id: "acct_ours" },
    scheme: "signed-request",
  });
});

test("6.4.8 also for a user of one of its accounts, and a member from elsewhere", async () => {
  const team = { id: "acct_team", name: "Team", kind: "team", parentId: "acct_ours" };
  await server.create("signed", "accounts", team);
  await server.create("signed", "users", { id: "user_team", accountId: "acct_team" });
  await server.create("signed", "users", { id: "user_guest", accountId: TEST_ACCOUNT });
  const membership = { accountId: "acct_ours" };
  await server.create("signed", "users/user_guest/memberships", membership);
  for (const [userId, accountId] of [
    ["user_team", "acct_team"],
    ["user_guest", TEST_ACCOUNT],
  ]) {
    const key = signer(await server.issueKey({ userId, accountId }, "signed"));
    const as = { user_id: userId, organization_id: "acct_ours" };
    await expectAccepted({ ...alone(key), ...cosigned(apps.ours) }, as);
    expectRefused(await ask({ ...alone(key), ...cosigned(apps.theirs) }), 403, FORBIDDEN);
  }
});

describe("6.4.9", () => {
  test("a user of another organization is 403, either way round", async () => {
    const swapped = { ...alone(users.theirs), ...cosigned(apps.ours) };
    expectRefused(await ask(swapped), 403, FORBIDDEN);
    const back = { ...alone(users.ours), ...cosigned(apps.theirs) };
    expectRefused(await ask(back), 403, FORBIDDEN);
    expectRefused(await ask({ ...alone(keys.plain), ...cosigned(apps.ours) }), 403, FORBIDDEN);
  });

  test("only one of the two headers is 401, whatever else is sent", async () => {
    for (const name of ["x-app-key", "x-app-signature"] as const) {
      const half = { [name]: cosigned(apps.ours)[name] ?? "" };
      for (const headers of [alone(keys.plain), signed(keys.required), signed(users.ours), {}]) {
        expectRefused(await ask({ ...headers, ...half }), 401, UNAUTHORIZED);
      }
    }
  });

  test("an organization's pair without a user's key is 401", async () => {
    expectRefused(await ask(cosigned(apps.ours)), 401, UNAUTHORIZED);
  });

  test("an organization's key that was revoked is 401", async () => {
    const accountId = "acct_ours";
    const made = await server.create("signed", "organization-keys", { accountId });
    const headers = {
      ...alone(users.ours),
      ...cosigned({ key: made.appKey, secret: made.appSecret }),
    };
    await expectAccepted(headers);
    await server.operator("POST", `/v1/apis/signed/organization-keys/${made.id}/revoke`);
    expectRefused(await ask(headers), 401, UNAUTHORIZED);
  });
});

test("6.4.10 an individual's key without app headers keeps working", async () => {
  await expectAccepted(alone(keys.plain), { organization_id: null });
  await expectAccepted(signed(users.ours), { user_id: "user_ours", organization_id: null });
});

describe("6.4.11 all four headers together:", () => {
  const all = () => ({ ...signed(users.ours), ...cosigned(apps.ours) });

  test("are accepted when both signatures are good", async () => {
    await expectAccepted(all(), { user_id: "user_ours", organization_id: "acct_ours" });
  });

  test.each(BROKEN)("either one with %s is 401", async (_what, of) => {
    for (const broken of [
      { ...all(), "x-signature": of(users.ours) },
      { ...all(), "x-app-signature": of(apps.ours) },
      { ...all(), "x-signature": cosigned(apps.ours)["x-app-signature"] ?? "" },
      { ...all(), "x-app-signature": signed(users.ours)["x-signature"] ?? "" },
    ]) {
      expectRefused(await ask(broken), 401, UNAUTHORIZED);
    }
  });
});

test("6.4.12 the organization signs for its users, also under required", async () => {
  expectRefused(await ask(alone(users.ours)), 401, UNAUTHORIZED);
  await expectAccepted({ ...alone(users.ours), ...cosigned(apps.ours) });
});

describe("6.4.13 two requests with one signature", () => {
  test("are both accepted within its life, with and without jti", async () => {
    for (const claims of [{}, { jti: "one" }]) {
      const headers = signed(keys.required, claims);
      for (let i = 0; i < 5; i += 1) expect((await ask(headers)).status).toBe(200);
    }
  });

  test("with jti and one-time mode, the second gets 401, even at the same moment", async () => {
    const headers = signed(keys.once, { jti: "first" });
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(headers, {}, "once")));
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([200, ...Array(19).fill(401)]);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expectRefused(answer, 401, UNAUTHORIZED);
    }
    const other = signed(keys.once, { jti: "second" });
    expect((await ask(other, {}, "once")).status).toBe(200);
  });

  test("are both accepted in that mode without jti: they cannot be told apart", async () => {
    const headers = signed(keys.once);
    for (let i = 0; i < 3; i += 1) expect((await ask(headers, {}, "once")).status).toBe(200);
  });

  test("which explain has looked at is still good once", async () => {
    const headers = signed(keys.once, { jti: "explained" });
    const request = { method: "GET", url: "/auth/test", headers };
    const asked = { request, explain: true };
    for (let i = 0; i < 3; i += 1) {
      const { json } = await server.operator("POST", "/v1/apis/once/verify", asked);
      expect(json.outcome).toBe("allow");
    }
    expect((await ask(headers, {}, "once")).status).toBe(200);
    expect((await ask(headers, {}, "once")).status).toBe(401);
  });
});

describe("6.4.14 every refusal is JSON with a text in `error`, and no 200:", () => {
  async function expectError(answer: Answer, status: number): Promise<void> {
    expect([answer.status, answer.json]).toEqual([status, { error: expect.stringMatching(/./) }]);
    expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
  }

  test("400, 401, 403, 405, 413, 415", async () => {
    const key = alone(keys.plain);
    const json = { "content-type": "text/plain" };
    await expectError(await ask(key, { path: "/signed/a//b" }), 400);
    await expectError(await ask({}), 401);
    await expectError(await ask({ ...key, ...cosigned(apps.ours) }), 403);
    await expectError(await ask(key, { method: "PROPFIND" }), 405);
    await expectError(await ask(key, { method: "POST", body: `"${"x".repeat(1 << 20)}"` }), 413);
    await expectError(await ask({ ...key, ...json }, { method: "POST", body: "x" }), 415);
  });

  test("429", async () => {
    const { key } = await server.issueKey({ limits: ["1/hour"] }, "signed");
    expect((await ask({ "x-api-key": key })).status).toBe(200);
    const refused = await ask({ "x-api-key": key });
    await expectError(refused, 429);
    expect(refused.headers["retry-after"]).toMatch(/^\d+$/);
  });

  test("429 for an address that guesses, while known keys pass", async () => {
    await using guessed = await startServer();
    const known = await guessed.issueKey({}, "signed-keys");
    const path = "/signed-keys/auth/test";
    expect((await guessed.ask({ path, headers: { "x-api-key": known.key } })).status).toBe(200);
    let last: Answer | undefined;
    await waitUntil("the address is not listened to", async () => {
      const guess = newKey(WELL_FORMED, "live").key;
      last = await guessed.ask({ path, headers: { "x-api-key": guess } });
      if (last.status !== 429) await expectError(last, 401);
      return last.status === 429;
    });
    if (last !== undefined) await expectError(last, 429);
    const answer = await guessed.ask({ path, headers: { "x-api-key": known.key } });
    expect(answer.status).toBe(200);
  });

  test("503, when the store is away and memory does not know the key", async () => {
    await using broken = await startServer();
    const known = await broken.issueKey({}, "signed-keys");
    const path = "/signed-keys/auth/test";
    expect((await broken.ask({ path, headers: { "x-api-key": known.key } })).status).toBe(200);
    const database = new DatabaseSync(broken.database);
    database.exec("alter table credential rename to credential_elsewhere");
    database.close();
    const unknown = newKey(WELL_FORMED, "live").key;
    await expectError(await broken.ask({ path, headers: { "x-api-key": unknown } }), 503);
  });
});

describe("6.4.15", () => {
  const text = JSON.stringify({ text: "x".repeat(2000) });
  const bomb = JSON.stringify({ text: "x".repeat(100_000_000) });

  test.each([
    ["gzip", gzipSync(text), 200],
    ["zstd", zstdCompressSync(text), 200],
    ["gzip", gzipSync(bomb), 413],
    ["zstd", zstdCompressSync(bomb), 413],
  ])("a body in %s: %#", async (coding, body, status) => {
    const headers = { ...signed(keys.required), "content-encoding": coding };
    const answer = await ask(headers, { method: "POST", body });
    expect(answer.status).toBe(status);
    if (status !== 200) expect(answer.json).toEqual({ error: expect.any(String) });
  });
});

describe("6.4.16", () => {
  test.each([
    (name: string) => name.toUpperCase(),
    (name: string) => name.replace(/(^|-)./g, (first) => first.toUpperCase()),
    (name: string) => name.replace(/..?/g, (pair) => pair.charAt(0).toUpperCase() + pair.slice(1)),
  ])("header names in any case: %#", async (spell) => {
    const headers = { ...signed(users.ours), ...cosigned(apps.ours) };
    const spelled = Object.entries(headers).map(([name, value]) => [spell(name), value]);
    await expectAccepted(Object.fromEntries(spelled), { organization_id: "acct_ours" });
  });

  test("a duplicated auth header is 400, also when both say the same", async () => {
    const headers = { ...signed(users.ours), ...cosigned(apps.ours) };
    for (const [name, value] of Object.entries(headers)) {
      for (const second of [value, "x", ""]) {
        for (const twice of [
          [value, second],
          [second, value],
        ]) {
          const answer = await ask({ ...headers, [name]: twice });
          expectRefused(answer, 400, '{"error":"invalid request"}');
        }
      }
    }
  });
});
