import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { newKey } from "@latchkey/engine";
import jwt from "jsonwebtoken";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../answer.ts";
import { es, hs } from "../hostile/token-keys.ts";
import { type RunningServer, startServer } from "../running-server.ts";
import { signedJwt, unixNow, userJwt } from "../signed-jwt.ts";

// Checklist 6.1 of the compatibility document, line by line; 18 is about webhooks.

const WRONG_TOKEN =
  '{"errors":[{"status":"400","title":"Invalid value","detail":' +
  '"You must use an account-scoped token to access this endpoint."}]}';
const UNAUTHORIZED = '{"errors":[{"detail":"Unauthorized","status":"401"}]}';
const NOT_FOUND = '{"errors":[{"detail":"Not Found","status":"404"}]}';

/** Two platforms with children, an account on its own, and what each presents. */
let server: RunningServer;
const tokens = { platform: "", rival: "", child: "", single: "" };
/** Of an account on its own, of the platform, and of an API with other rules for tokens. */
const keys: Record<"single" | "platform" | "strict", SigningKey> = {
  single: { id: "", privateKey: "", publicKey: "" },
  platform: { id: "", privateKey: "", publicKey: "" },
  strict: { id: "", privateKey: "", publicKey: "" },
};

interface SigningKey {
  readonly id: string;
  readonly privateKey: string;
  readonly publicKey: string;
}

const make = (collection: string, draft: object, api = "savvycal") =>
  server.create(api, collection, draft);

beforeAll(async () => {
  server = await startServer({
    policy: {
      apis: [
        // The tests below present more unknown credentials than one address may.
        { slug: "savvycal", extends: "savvycal", failures: [] },
        {
          slug: "strict",
          extends: "savvycal",
          tokens: { maxLifetimeSeconds: 600, skewSeconds: 0 },
        },
      ],
    },
  });
  for (const [id, more] of [
    ["acct_platform", { kind: "platform" }],
    ["acct_rival", { kind: "platform" }],
    ["acct_one", { parentId: "acct_platform" }],
    ["acct_two", { parentId: "acct_platform" }],
    ["acct_theirs", { parentId: "acct_rival" }],
    ["acct_single", {}],
  ] as const) {
    await make("accounts", { id, name: id, ...more });
  }
  for (const [name, accountId] of [
    ["platform", "acct_platform"],
    ["rival", "acct_rival"],
    ["child", "acct_one"],
    ["single", "acct_single"],
  ] as const) {
    tokens[name] = (await server.issueKey({ accountId }, "savvycal")).key;
  }
  await make("users", { id: "user_single", accountId: "acct_single" });
  await make("users", { id: "user_one", accountId: "acct_one" });
  await make("users", { id: "user_both", accountId: "acct_one" });
  for (const accountId of ["acct_two", "acct_theirs", "acct_single"]) {
    await make("users/user_both/memberships", { accountId });
  }
  keys.single = await make("signing-keys", { accountId: "acct_single", name: "test" });
  keys.platform = await make("signing-keys", { accountId: "acct_platform", name: "test" });
  keys.strict = await make("signing-keys", { accountId: "acct_test", name: "test" }, "strict");
  await make("users", { id: "user_strict", accountId: "acct_test" }, "strict");
});
afterAll(() => server?.stop());

function ask(
  line: string,
  authorization: string | undefined,
  more: { readonly account?: string; readonly body?: unknown; readonly api?: string } = {},
): Promise<Answer> {
  const { account, body, api = "savvycal" } = more;
  const [method = "", url = ""] = line.split(" ");
  const headers = {
    ...(authorization !== undefined && { authorization }),
    ...(account !== undefined && { "x-savvycal-account": account }),
  };
  return server.ask({
    method,
    path: `/${api}${url}`,
    headers,
    ...(body !== undefined && { body }),
  });
}

const call = (token: string, line: string, account?: string) =>
  ask(line, `Bearer ${token}`, account === undefined ? {} : { account });

function expectRefused(answer: Answer, status: number, text: string): void {
  expect([answer.status, answer.text]).toEqual([status, text]);
  expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
}

/** The API's own endpoints that act for one account: all but those that the document excepts. */
const ACCOUNT_LEVEL = [
  "GET /v1/account",
  "GET /v1/appointments",
  "POST /v1/appointments",
  "GET /v1/appointments/appt_0123456789ab",
  "PATCH /v1/appointments/appt_0123456789ab",
  "POST /v1/appointments/appt_0123456789ab/cancel",
  "GET /v1/providers",
  "DELETE /v1/providers/prov_0123456789ab",
  "GET /v1/services",
  "GET /v1/webhooks",
  "POST /v1/webhooks",
  "POST /v1/dashboard_sessions",
] as const;
/** What this endpoint reads; the others are the API's own. */
const bodyOf = (line: string) =>
  line === "POST /v1/dashboard_sessions" ? { user_id: "user_one" } : undefined;

test.each(ACCOUNT_LEVEL)("6.1.1 an account token needs no account header: %s", async (line) => {
  const { status } = await ask(line, `Bearer ${tokens.child}`, { body: bodyOf(line) });
  expect([200, 201]).toContain(status);
});

test("6.1.1 an account token gets its own account, and may name it", async () => {
  for (const account of [undefined, "acct_single"]) {
    const { status, json } = await call(tokens.single, "GET /v1/account", account);
    expect([status, json.id]).toEqual([200, "acct_single"]);
  }
  const { json } = await call(tokens.single, "GET /v1/appointments");
  expect(json.principal).toMatchObject({
    kind: "account",
    accountId: "acct_single",
    actor: null,
    scheme: "api-key",
  });
});

test.each(ACCOUNT_LEVEL)("6.1.2 a platform token acts for its account: %s", async (line) => {
  const more = { account: "acct_one", body: bodyOf(line) };
  const { status } = await ask(line, `Bearer ${tokens.platform}`, more);
  expect([200, 201]).toContain(status);
});

test("6.1.2 a platform token acts for each of its accounts, and is known to", async () => {
  for (const account of ["acct_one", "acct_two"]) {
    const { status, json } = await call(tokens.platform, "GET /v1/account", account);
    expect([status, json.id]).toEqual([200, account]);
    const echo = await call(tokens.platform, "GET /v1/appointments", account);
    expect(echo.json.principal).toMatchObject({
      kind: "platform",
      accountId: account,
      actor: { kind: "platform", id: "acct_platform" },
    });
  }
});

test("6.1.3 a platform token without the header gets 400 on /v1/account", async () => {
  expectRefused(await call(tokens.platform, "GET /v1/account"), 400, WRONG_TOKEN);
});

test.each(ACCOUNT_LEVEL)("6.1.4 and on every account-level endpoint: %s", async (line) => {
  const answer = await ask(line, `Bearer ${tokens.platform}`, { body: bodyOf(line) });
  expectRefused(answer, 400, WRONG_TOKEN);
});

test("6.1.5 an account that is unknown, or another platform's, is 404 in one form", async () => {
  const looks = new Set<string>();
  for (const account of [
    "acct_000000000000",
    "acct_theirs",
    "acct_rival",
    "acct_single",
    "ACCT_ONE",
    "acct_one,acct_theirs",
    "acct_",
    "user_one",
    "*",
    "%00",
  ]) {
    for (const line of ["GET /v1/account", "GET /v1/appointments", "POST /v1/appointments"]) {
      const answer = await call(tokens.platform, line, account);
      expectRefused(answer, 404, NOT_FOUND);
      const { date, "x-request-id": id, ...fixed } = answer.headers;
      looks.add(JSON.stringify(fixed));
    }
  }
  expect(looks.size).toBe(1);
  expect((await call(tokens.rival, "GET /v1/account", "acct_theirs")).status).toBe(200);
});

test.each(["GET /v1/platform", "GET /v1/accounts", "GET /v1/accounts/acct_one"])(
  "6.1.6 a platform token needs no header: %s",
  async (line) => {
    expect((await call(tokens.platform, line)).status).toBe(200);
  },
);

test("6.1.6 nor to make an account, for which it may act at once", async () => {
  const more = { body: { name: "Made" } };
  const made = await ask("POST /v1/accounts", `Bearer ${tokens.platform}`, more);
  expect(made.status).toBe(201);
  expect(made.json.id).toMatch(/^acct_[0-9a-f]{12}$/);
  expect((await call(tokens.platform, "GET /v1/account", made.json.id)).status).toBe(200);
  const rival = await call(tokens.rival, "GET /v1/account", made.json.id);
  expectRefused(rival, 404, NOT_FOUND);
});

test.each([
  "GET /v1/platform",
  "GET /v1/accounts",
  "GET /v1/accounts/acct_single",
  "POST /v1/accounts",
])("6.1.7 an account token gets 400: %s", async (line) => {
  for (const token of [tokens.single, tokens.child]) {
    const more = line.startsWith("POST") ? { body: { name: "Mine" } } : {};
    const { status, json } = await ask(line, `Bearer ${token}`, more);
    const detail = "You must use a platform token to access this endpoint.";
    expect([status, json]).toEqual([
      400,
      { errors: [{ status: "400", title: "Invalid value", detail }] },
    ]);
  }
});

test("6.1.8 no, unknown and revoked tokens get one 401, whose status is a text", async () => {
  const { id, key } = await server.issueKey({ accountId: "acct_single" }, "savvycal");
  expect((await call(key, "GET /v1/account")).status).toBe(200);
  await server.operator("POST", `/v1/apis/savvycal/api-keys/${id}/revoke`);
  const unknown = newKey({ live: "sk_", test: "sk_test_", form: "checksummed" }, "live").key;
  const bad = [undefined, `Bearer ${unknown}`, `Bearer ${key}`, "Bearer nonsense", "Basic eDp5"];
  for (const authorization of bad) {
    for (const line of [...ACCOUNT_LEVEL, "GET /v1/user", "GET /v1/platform", "GET /v1/accounts"]) {
      const answer = await ask(line, authorization, { body: bodyOf(line) });
      expectRefused(answer, 401, UNAUTHORIZED);
      expect(answer.headers["www-authenticate"]).toMatch(/^Bearer realm="savvycal"/);
    }
  }
});

test("6.1.9 /v1/public/* answers without Authorization, and refuses one that is bad", async () => {
  for (const line of [
    "GET /v1/public",
    "GET /v1/public/services",
    "GET /v1/public/services/x/slots",
    "POST /v1/public/appointments",
  ]) {
    const { status, json } = await ask(line, undefined);
    expect([status, json.principal.kind]).toEqual([200, "anonymous"]);
    expectRefused(await ask(line, "Bearer nonsense"), 401, UNAUTHORIZED);
  }
  expectRefused(await ask("GET /v1/publicity", undefined), 401, UNAUTHORIZED);
});

test("6.1.9 a platform token names no account on /v1/public/*, and none but its own", async () => {
  for (const line of ["GET /v1/public/services", "POST /v1/public/appointments"]) {
    const { status, json } = await call(tokens.platform, line);
    expect([status, json.principal]).toEqual([
      200,
      expect.objectContaining({ kind: "platform", accountId: "acct_platform", actor: null }),
    ]);
    const child = await call(tokens.platform, line, "acct_one");
    expect([child.status, child.json.principal.accountId]).toEqual([200, "acct_one"]);
    expectRefused(await call(tokens.platform, line, "acct_theirs"), 404, NOT_FOUND);
  }
});

test("6.1.10 a library's JWT under a key that we issued is the user's", async () => {
  const { id, privateKey } = keys.single;
  // As the document's JavaScript has it; the samples themselves are in samples.test.ts.
  const token = jwt.sign({ sub: "user_single" }, privateKey, {
    algorithm: "ES256",
    keyid: id,
    expiresIn: "1h",
  });
  const { status, json } = await call(token, "GET /v1/user");
  expect([status, json.id, json.account_ids]).toEqual([200, "user_single", ["acct_single"]]);
  const echo = await call(token, "GET /v1/appointments");
  expect(echo.json.principal).toMatchObject({
    kind: "user",
    userId: "user_single",
    accountId: "acct_single",
    subject: null,
    credentialId: id,
    scheme: "customer-jwt",
  });
});

/** A JWT of `user_single` under the single account's key, with changes. */
function token(claims: object = {}, header: object = {}): string {
  const { id, privateKey } = keys.single;
  return signedJwt(
    { alg: "ES256", typ: "JWT", kid: id, ...header },
    { sub: "user_single", exp: unixNow() + 600, ...claims },
    es(createPrivateKey(privateKey)),
  );
}

test("6.1.11 such a JWT is accepted when nothing is wrong with it", async () => {
  expect((await call(token(), "GET /v1/user")).status).toBe(200);
});

test.each<[string, () => string | Promise<string>]>([
  ["no kid", () => token({}, { kid: undefined })],
  ["an unknown kid", () => token({}, { kid: "kid_000000000000" })],
  ["a kid that is none", () => token({}, { kid: "../../etc/passwd" })],
  ["another account's kid", () => token({}, { kid: keys.platform.id })],
  [
    "a revoked kid",
    async () => {
      const draft = { accountId: "acct_single", name: "gone" };
      const key: SigningKey = await make("signing-keys", draft);
      const token = userJwt(key, { sub: "user_single" });
      expect((await call(token, "GET /v1/user")).status).toBe(200);
      await server.operator("POST", `/v1/apis/savvycal/signing-keys/${key.id}/revoke`);
      return token;
    },
  ],
  ["no sub", () => token({ sub: undefined })],
  ["an empty sub", () => token({ sub: "" })],
  ["no exp", () => token({ exp: undefined })],
  ["an exp that has passed", () => token({ exp: unixNow() - 60 })],
  ["an unknown user", () => token({ sub: "user_000000000000" })],
  ["a user of another account", () => token({ sub: "user_one" })],
  ["an account for a user", () => token({ sub: "acct_single" })],
  ["another signature", () => token().replace(/[^.](?=[^.]+$)/, (c) => (c === "A" ? "B" : "A"))],
])("6.1.11 a JWT with %s is 401", async (_what, make) => {
  const bad = await make();
  for (const line of ["GET /v1/user", "GET /v1/appointments", "GET /v1/public/services"]) {
    expectRefused(await call(bad, line), 401, UNAUTHORIZED);
  }
});

describe("6.1.12 a JWT with another algorithm is 401:", () => {
  const claims = () => ({ sub: "user_single", exp: unixNow() + 600 });
  const ours = (alg: string) => ({ alg, typ: "JWT", kid: keys.single.id });
  const spki = () => createPublicKey(keys.single.publicKey);

  test.each<[string, () => string]>([
    ["HS256 with our PEM", () => signedJwt(ours("HS256"), claims(), hs(keys.single.publicKey))],
    [
      "HS256 with our PEM, trimmed",
      () => signedJwt(ours("HS256"), claims(), hs(keys.single.publicKey.trim())),
    ],
    [
      "HS256 with our DER",
      () => signedJwt(ours("HS256"), claims(), hs(spki().export({ type: "spki", format: "der" }))),
    ],
    ["HS256 with our key, named ES256", () => signedJwt(ours("ES256"), claims(), hs("x"))],
    ["none", () => signedJwt(ours("none"), claims(), () => Buffer.alloc(0))],
    ["None", () => signedJwt(ours("None"), claims(), () => Buffer.alloc(0))],
    ["none with a signature", () => token({}, { alg: "none" })],
    ["ES384, our key's signature", () => token({}, { alg: "ES384" })],
    [
      "ES384, a key of its own",
      () => {
        const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
        return signedJwt(ours("ES384"), claims(), es(privateKey, "sha384"));
      },
    ],
  ])("%s", async (_what, make) => {
    expectRefused(await call(make(), "GET /v1/user"), 401, UNAUTHORIZED);
  });
});

test.each<[string, number, number]>([
  ["24 h and the skew ahead", 86_400 + 30, 200],
  ["further ahead", 86_400 + 40, 401],
  ["a century ahead", 3_155_760_000, 401],
  ["passed by less than the skew", -20, 200],
  ["passed by the skew", -30, 401],
])("6.1.13 exp %s", async (_what, seconds, status) => {
  const answer = await call(token({ exp: unixNow() + seconds }), "GET /v1/user");
  expect(answer.status).toBe(status);
});

test.each([
  [600, 200],
  [610, 401],
  [0, 401],
  [-20, 401],
])("6.1.13 with at most 10 min and no skew configured, exp in %i s is %i", async (exp, status) => {
  const text = userJwt(keys.strict, { sub: "user_strict", exp: unixNow() + exp });
  const answer = await ask("GET /v1/user", `Bearer ${text}`, { api: "strict" });
  expect(answer.status).toBe(status);
});

test("6.1.14 /v1/user is for JWTs: 400 for other tokens", async () => {
  const detail = "You must use a user token to access this endpoint.";
  for (const [token, account] of [
    [tokens.single, undefined],
    [tokens.child, undefined],
    [tokens.platform, undefined],
    [tokens.platform, "acct_one"],
  ] as const) {
    const { status, json } = await call(token, "GET /v1/user", account);
    expect([status, json]).toEqual([
      400,
      { errors: [{ status: "400", title: "Invalid value", detail }] },
    ]);
  }
  expect((await call(token(), "GET /v1/user")).status).toBe(200);
});

test("6.1.14 a JWT opens nothing of a platform's", async () => {
  const text = userJwt(keys.platform, { sub: "user_one" });
  for (const line of ["GET /v1/platform", "GET /v1/accounts", "GET /v1/accounts/acct_one"]) {
    expect((await call(text, line)).status).toBe(400);
  }
});

test("6.1.15 a new signing key is PKCS#8 on P-256, shown once and never kept", async () => {
  const draft = { accountId: "acct_single", name: "once" };
  const made = await make("signing-keys", draft);
  expect(made.id).toMatch(/^kid_[0-9a-f]{12}$/);
  expect(made.privateKey).toMatch(
    /^-----BEGIN PRIVATE KEY-----\n[A-Za-z0-9+/=\n]+\n-----END PRIVATE KEY-----\n$/,
  );
  const key = createPrivateKey(made.privateKey);
  expect([key.asymmetricKeyType, key.asymmetricKeyDetails?.namedCurve]).toEqual([
    "ec",
    "prime256v1",
  ]);
  const spki = createPublicKey(key).export({ type: "spki", format: "pem" });
  expect(made.publicKey).toBe(spki);

  const path = "/v1/apis/savvycal/signing-keys";
  const [one, list, events] = await Promise.all([
    server.operator("GET", `${path}/${made.id}`),
    server.operator("GET", path),
    server.operator("GET", "/v1/apis/savvycal/events"),
  ]);
  const { privateKey, ...shown } = made;
  expect(one.json).toEqual(shown);
  expect(list.json.data).toContainEqual(shown);
  const { d = "" } = key.export({ format: "jwk" });
  const scalar = Buffer.from(d, "base64url");
  for (const { text } of [one, list, events]) {
    expect(text).not.toContain("PRIVATE KEY");
    expect(text).not.toContain(scalar.toString("base64").slice(0, 40));
  }
  const stored = Buffer.concat(filesIn(server.folder));
  expect(stored.includes(made.id)).toBe(true);
  for (const spelling of ["latin1", "hex", "base64", "base64url"] as const) {
    const text = scalar.toString(spelling).slice(0, 24);
    expect([spelling, stored.includes(text, 0, "latin1")]).toEqual([spelling, false]);
  }
});

function filesIn(folder: string): Buffer[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name)));
}

test("6.1.16 tokens are shown once: no list, and nothing else, shows them again", async () => {
  for (const accountId of ["acct_single", "acct_platform"]) {
    const { id, key } = await server.issueKey({ accountId }, "savvycal");
    expect(key).toMatch(/^sk_[0-9A-Za-z]{36}$/);
    const api = "/v1/apis/savvycal";
    const answers = await Promise.all([
      server.operator("GET", `${api}/api-keys?limit=200`),
      server.operator("GET", `${api}/api-keys/${id}`),
      server.operator("PATCH", `${api}/api-keys/${id}`, { name: "again" }),
      server.operator("GET", `${api}/accounts/${accountId}`),
      server.operator("GET", `${api}/events?limit=200`),
      call(tokens.platform, "GET /v1/accounts"),
      call(key, "GET /v1/account"),
    ]);
    expect(answers[0]?.text).toContain(id);
    for (const { text } of answers) expect(text).not.toContain(key.slice(3, -4));
  }
});

describe("6.1.17 a JWT for a user", () => {
  const both = () => userJwt(keys.platform, { sub: "user_both" });
  const one = () => userJwt(keys.platform, { sub: "user_one" });
  const actsFor = async (token: string, account?: string) => {
    const { status, json } = await call(token, "GET /v1/appointments", account);
    return [status, json.principal?.accountId, json.principal?.userId];
  };

  test("of several accounts needs the header", async () => {
    for (const line of ["GET /v1/appointments", "POST /v1/appointments"]) {
      expectRefused(await call(both(), line), 400, WRONG_TOKEN);
    }
    for (const account of ["acct_one", "acct_two"]) {
      expect(await actsFor(both(), account)).toEqual([200, account, "user_both"]);
    }
    // Who the user is depends on no account.
    const { status, json } = await call(both(), "GET /v1/user");
    expect([status, json.id]).toEqual([200, "user_both"]);
    expect(json.account_ids.toSorted()).toEqual(["acct_one", "acct_two"]);
  });

  test("of one account may leave it out", async () => {
    expect(await actsFor(one())).toEqual([200, "acct_one", "user_one"]);
    expect(await actsFor(one(), "acct_one")).toEqual([200, "acct_one", "user_one"]);
    // Of several, but only one is the signing account's to act for.
    const text = userJwt(keys.single, { sub: "user_both" });
    expect(await actsFor(text)).toEqual([200, "acct_single", "user_both"]);
  });

  test.each<[string, () => string, readonly string[]]>([
    [
      "under a platform's key",
      both,
      ["acct_theirs", "acct_single", "acct_rival", "acct_platform", "acct_000000000000"],
    ],
    ["of one account", one, ["acct_two", "acct_theirs", "acct_platform", "acct_000000000000"]],
    [
      "under an account's own key",
      () => userJwt(keys.single, { sub: "user_both" }),
      ["acct_one", "acct_two", "acct_theirs", "acct_000000000000"],
    ],
  ])("%s gets 404 for a foreign account", async (_what, make, accounts) => {
    for (const account of accounts) {
      expectRefused(await call(make(), "GET /v1/appointments", account), 404, NOT_FOUND);
    }
  });
});

test("6.1.19 an item is what the document shows; a code is added to it at most", async () => {
  const draft = { id: "acct_closed", name: "Closed" };
  await make("accounts", draft);
  const closed = (await server.issueKey({ accountId: draft.id }, "savvycal")).key;
  await server.operator("POST", `/v1/apis/savvycal/accounts/${draft.id}/suspend`);
  const limits = ["1/hour"];
  const spent = (await server.issueKey({ accountId: "acct_single", limits }, "savvycal")).key;
  expect((await call(spent, "GET /v1/appointments")).status).toBe(200);

  const answers: readonly [number, Answer, object][] = [
    [400, await call(tokens.single, "GET /v1/a//b"), { title: "Invalid request" }],
    [401, await call("x", "GET /v1/account"), { detail: "Unauthorized" }],
    [403, await call(closed, "GET /v1/appointments"), { detail: "Forbidden" }],
    [404, await call(tokens.platform, "GET /v1/account", "acct_x"), { detail: "Not Found" }],
    [429, await call(spent, "GET /v1/appointments"), { detail: "Too Many Requests" }],
  ];
  for (const [status, answer, item] of answers) {
    expect(answer.status).toBe(status);
    const { errors, ...rest } = answer.json;
    expect([rest, errors.length]).toEqual([{}, 1]);
    const { code, title, ...documented } = errors[0];
    expect({ title, ...documented }).toMatchObject({ status: String(status), ...item });
    expect(Object.keys(documented).toSorted()).toEqual(["detail", "status"]);
    if (code !== undefined) expect(code).toMatch(/^[a-z_]+$/);
  }
});

test.each(["Demo acme", "demo acme", "Demo", "DEMO user_single"])(
  "6.1.20 Authorization: %s is 401",
  async (authorization) => {
    for (const line of [...ACCOUNT_LEVEL, "GET /v1/user", "GET /v1/public/services"]) {
      const answer = await ask(line, authorization, { body: bodyOf(line) });
      expectRefused(answer, 401, UNAUTHORIZED);
    }
  },
);
