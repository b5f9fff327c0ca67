import { createHmac, generateKeyPairSync, verify } from "node:crypto";
import { readdirSync } from "node:fs";
import path from "node:path";
import jwt from "jsonwebtoken";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../answer.ts";
import { type RunningServer, startServer, TEST_ACCOUNT } from "../running-server.ts";
import { languageOf, runSample, type SampleInputs } from "../samples/run-sample.ts";

// The code samples of the documented APIs, as they stand: checklists 6.1.10, 6.2.4, 6.2.12, 6.4.3,
// 6.4.4 and 6.4.8 of the compatibility document.

const SAVVYCAL = ["savvycal/javascript/sign.cjs", "savvycal/ruby/sign.rb"];
const GENERATE = "standard/javascript/generate.cjs";
const VERIFY = "standard/javascript/verify.cjs";
/** Runs in `webhooks.test.ts`. */
const WEBHOOK = "standard/javascript/webhook.cjs";
/** Steps 2 to 4 of OAuth and the refresh: `standard-oauth.test.ts` runs them one after the other. */
const OAUTH = ["authorize", "exchange", "call", "refresh"].map(
  (step) => `standard/javascript/${step}.mjs`,
);
/** What the document calls "our SDK": `@latchkey/sdk/api-client`. */
const CLIENT = "standard/javascript/client.mjs";
const API_CLIENT = new URL("../../sdk/src/api-client/api-client.ts", import.meta.url).href;
const KEY_SIGNATURES = [
  "signed-keys/go/key-signature.go",
  "signed-keys/javascript/key-signature.cjs",
  "signed-keys/python/key_signature.py",
];
const ORGANIZATION_SIGNATURES = [
  "signed-keys/go/organization-signature.go",
  "signed-keys/javascript/organization-signature.cjs",
  "signed-keys/python/organization_signature.py",
];

/** Go compiles a sample, and maybe its own packages, before it runs. */
const LONGEST_MILLISECONDS = 120_000;

let server: RunningServer;
beforeAll(async () => {
  const profiles = ["standard", "savvycal", "signed-keys"];
  const policy = { apis: profiles.map((name) => ({ slug: name, extends: name })) };
  server = await startServer({ policy });
});
afterAll(() => server?.stop());

test("every sample that there is has its place here", () => {
  const folder = path.join(import.meta.dirname, "../samples");
  const there = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll(path.sep, "/"))
    .filter((file) => file.split("/").length === 3);
  const named = [
    ...[...SAVVYCAL, GENERATE, VERIFY, CLIENT, WEBHOOK, ...OAUTH],
    ...[...KEY_SIGNATURES, ...ORGANIZATION_SIGNATURES],
  ];
  expect(there.toSorted()).toEqual(named.toSorted());
});

describe("6.1.10 a sample's JWT gets 200 as user `sub`, signed with a key", () => {
  /** Hard-coded in the samples. */
  const SAMPLE_KID = "kid_f05b815d1852";
  const SAMPLE_USER = "user_0987654321";
  const brought = newKeyPair();

  beforeAll(async () => {
    const owner = { accountId: TEST_ACCOUNT, name: "Samples" };
    await make("savvycal", "users", { ...owner, id: SAMPLE_USER });
    const { publicKey } = brought;
    await make("savvycal", "signing-keys", { ...owner, id: SAMPLE_KID, publicKey });
  });

  eachSample(SAVVYCAL, "that was brought under the id they name", (sample) =>
    provesUser(sample, { id: SAMPLE_KID, ...brought }),
  );

  eachSample(SAVVYCAL, "that was issued", async (sample) => {
    const draft = { accountId: TEST_ACCOUNT, name: sample };
    const issued = await make("savvycal", "signing-keys", draft);
    await provesUser(sample, issued);
  });

  async function provesUser(
    sample: string,
    key: { readonly id: string; readonly privateKey: string; readonly publicKey: string },
  ): Promise<void> {
    const token = await tokenOf(sample, {
      files: { "path/to/private-key.pem": key.privateKey },
      ...(key.id !== SAMPLE_KID && { instead: { [SAMPLE_KID]: key.id } }),
    });
    expect(token.header).toMatchObject({ alg: "ES256", kid: key.id });
    expect(token.claims).toMatchObject({ sub: SAMPLE_USER, exp: secondsAhead(3600) });
    expect(isByKey(token, key.publicKey)).toBe(true);

    const answer = await asUser(token.text);
    expect(answer).toMatchObject({ status: 200, json: { id: SAMPLE_USER } });
    const cut = token.text.replace(/[^.]+$/, (signature) => signature.slice(0, -4));
    expect((await asUser(cut)).status).toBe(401);
  }

  function asUser(token: string): Promise<Answer> {
    const headers = { authorization: `Bearer ${token}` };
    return server.ask({ path: "/savvycal/v1/user", headers });
  }
});

describe("the SDK's sample of `standard`", () => {
  const run = (key: string) =>
    runSample(CLIENT, {
      env: { API_CLIENT, API_URL: `http://127.0.0.1:${server.port}/standard` },
      instead: { YOUR_API_KEY: key },
    });

  test("says that a key is valid", async () => {
    const { key } = await server.issueKey();
    expect((await run(key)).stdout).toBe("Authentication valid: true");
  });

  test("fails with what the API says of a key that is not", async () => {
    await expect(run("lk_live_none")).rejects.toThrow("Invalid or missing authentication");
  });
});

describe("the JWT samples of `standard`:", () => {
  /** Of an account that registered the issuer which the samples name. */
  let secret: string;
  beforeAll(async () => {
    const draft = { accountId: TEST_ACCOUNT, issuer: "api.example.com" };
    secret = (await make("standard", "jwt-secrets", draft)).secret;
  });

  const generate = () =>
    tokenOf(GENERATE, { env: { userId: "user_123", userName: "John Doe", JWT_SECRET: secret } });

  test("6.2.4, 6.2.12 what the one generates gets 200, as the user and with the scopes", async () => {
    const token = await generate();
    expect(token.header).toEqual({ alg: "HS256", typ: "JWT" });
    expect(token.claims).toEqual({
      sub: "user_123",
      name: "John Doe",
      scopes: ["read:all", "write:own"],
      iat: secondsAhead(0),
      exp: secondsAhead(3600),
      iss: "api.example.com",
    });
    const headers = { authorization: `Bearer ${token.text}` };
    const answer = await server.ask({ path: "/standard/v2/auth/test", headers });
    expect(answer).toMatchObject({
      status: 200,
      json: {
        valid: true,
        method: "jwt",
        subject: "user_123",
        account_id: TEST_ACCOUNT,
        scopes: ["read:all", "write:own"],
        expires_at: new Date(Number(token.claims.exp) * 1000).toISOString(),
      },
    });
  });

  test("the other verifies it under our secret, and refuses what we refuse", async () => {
    const { text } = await generate();
    const valid = await runSample(VERIFY, { env: { token: text, JWT_SECRET: secret } });
    expect(valid.stdout).toMatch(/^Valid token: \{\n {2}sub: 'user_123',/);

    const claims = { sub: "user_123" };
    const issuer = "api.example.com";
    const refused = [
      ["invalid signature", jwt.sign(claims, `${secret}x`, { issuer, expiresIn: "1h" })],
      ["jwt issuer invalid", jwt.sign(claims, secret, { issuer: "other", expiresIn: "1h" })],
      ["jwt expired", jwt.sign(claims, secret, { issuer, expiresIn: -60 })],
    ] as const;
    for (const [why, token] of refused) {
      const { stdout, stderr } = await runSample(VERIFY, { env: { token, JWT_SECRET: secret } });
      expect({ stdout, stderr }).toMatchObject({
        stdout: "",
        stderr: expect.stringMatching(`^Invalid token: ${why}`),
      });
      const headers = { authorization: `Bearer ${token}` };
      const answer = await server.ask({ path: "/standard/v2/auth/test", headers });
      expect([why, answer.status]).toEqual([why, 401]);
    }
  });
});

describe("with a key whose requests must be signed,", () => {
  let key: string;
  let signingSecret: string;
  beforeAll(async () => {
    const draft = { name: "Samples", accountId: TEST_ACCOUNT, signing: "required" };
    ({ key, signingSecret } = await make("signed-keys", "api-keys", draft));
  });

  test("the key alone is refused", async () => {
    expect((await whoIsAsking({ "x-api-key": key })).status).toBe(401);
  });

  eachSample(KEY_SIGNATURES, "6.4.3 a sample's signature of 15 s gets 200", async (sample) => {
    const token = await tokenOf(sample, { env: { API_KEY: key, JWT_KEY: signingSecret } });
    expectSignature(token, { key, secret: signingSecret, seconds: 15, sample });
    await isAccepted(token.text);
  });

  test.each([
    ["with", {}],
    ["without", { noTimestamp: true }],
  ])("6.4.4 a client library's signature of 60 s gets 200, %s `iat`", async (_how, options) => {
    const claims = { key, exp: Math.floor(Date.now() / 1000) + 60 };
    const token = jwt.sign(claims, signingSecret, { algorithm: "HS256", ...options });
    expect(Object.hasOwn(parsed(token).claims, "iat")).toBe(!("noTimestamp" in options));
    await isAccepted(token);
  });

  async function isAccepted(signature: string): Promise<void> {
    for (const method of ["GET", "POST"]) {
      const headers = { "x-api-key": key, "x-signature": signature };
      const answer = await whoIsAsking(headers, method);
      expect(answer).toMatchObject({
        status: 200,
        json: { valid: true, account_id: TEST_ACCOUNT, organization_id: null },
      });
    }
  }
});

describe("with the key of an organization's user,", () => {
  const ORGANIZATION = "acct_samples";
  const USER = "user_samples";
  let key: string;
  let appKey: string;
  let appSecret: string;
  beforeAll(async () => {
    const api = "signed-keys";
    const accountId = ORGANIZATION;
    await make(api, "accounts", { id: accountId, name: "Samples", kind: "organization" });
    await make(api, "users", { id: USER, accountId, name: "Samples" });
    ({ key } = await make(api, "api-keys", { name: "Samples", accountId, userId: USER }));
    ({ appKey, appSecret } = await make(api, "organization-keys", { accountId }));
  });

  eachSample(
    ORGANIZATION_SIGNATURES,
    "6.4.8 a sample's signature of 60 s gets 200 as the user, the organization recorded",
    async (sample) => {
      const token = await tokenOf(sample, { env: { APP_KEY: appKey, APP_SECRET: appSecret } });
      expectSignature(token, { key: appKey, secret: appSecret, seconds: 60, sample });
      expect(await asOrganization(token.text)).toMatchObject({
        status: 200,
        json: { valid: true, user_id: USER, organization_id: ORGANIZATION },
      });
    },
  );

  test("6.4.4 a client library's signature without `iat` gets 200 too", async () => {
    const claims = { key: appKey, exp: Math.floor(Date.now() / 1000) + 60 };
    const token = jwt.sign(claims, appSecret, { algorithm: "HS256", noTimestamp: true });
    expect((await asOrganization(token)).status).toBe(200);
  });

  test("a signature under another secret is refused", async () => {
    const claims = { key: appKey, exp: Math.floor(Date.now() / 1000) + 60 };
    expect((await asOrganization(jwt.sign(claims, `${appSecret}x`))).status).toBe(401);
  });

  function asOrganization(signature: string): Promise<Answer> {
    return whoIsAsking({ "x-api-key": key, "x-app-key": appKey, "x-app-signature": signature });
  }
});

/** A test for each sample, skipped by name where its language is not installed. */
function eachSample(
  samples: readonly string[],
  what: string,
  proves: (sample: string) => Promise<void>,
): void {
  for (const sample of samples) {
    const { name, absent } = languageOf(sample);
    test.skipIf(absent)(`${what}: ${name}`, () => proves(sample), LONGEST_MILLISECONDS);
  }
}

/** Asks the endpoint of `signed-keys` that says who is asking. */
function whoIsAsking(headers: Readonly<Record<string, string>>, method = "GET"): Promise<Answer> {
  return server.ask({ method, path: "/signed-keys/auth/test", headers });
}

/** Makes something with the operator's token; what the call answered. */
async function make(api: string, what: string, draft: object): Promise<Answer["json"]> {
  const answer = await server.operator("POST", `/v1/apis/${api}/${what}`, draft);
  expect(answer.status, `${what}: ${answer.text}`).toBe(201);
  return answer.json;
}

interface Token {
  readonly text: string;
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

async function tokenOf(sample: string, inputs: SampleInputs): Promise<Token> {
  const { stdout, stderr } = await runSample(sample, inputs);
  expect(stderr).toBe("");
  return parsed(stdout);
}

function parsed(text: string): Token {
  const [header, claims] = text
    .split(".", 2)
    .map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));
  return { text, header, claims };
}

/** The token is what the document says, by its own form and by a check that is not ours. */
function expectSignature(
  { text, header, claims }: Token,
  asked: { key: string; secret: string; seconds: number; sample: string },
): void {
  expect(header).toEqual({ alg: "HS256", typ: "JWT" });
  // Only the library of JavaScript adds an instant of issue.
  const iat = asked.sample.endsWith(".cjs") && { iat: secondsAhead(0) };
  expect(claims).toEqual({ key: asked.key, exp: secondsAhead(asked.seconds), ...iat });
  const [signed = "", signature] = text.split(/\.(?=[^.]+$)/);
  const expected = createHmac("sha256", asked.secret).update(signed).digest("base64url");
  expect(signature).toBe(expected);
}

function isByKey({ text }: Token, publicKey: string): boolean {
  const [signed = "", signature = ""] = text.split(/\.(?=[^.]+$)/);
  const key = { key: publicKey, dsaEncoding: "ieee-p1363" } as const;
  return verify("sha256", Buffer.from(signed), key, Buffer.from(signature, "base64url"));
}

/** Within the seconds that a sample may take to print what it made. */
function secondsAhead(seconds: number): unknown {
  const expected = Math.floor(Date.now() / 1000) + seconds;
  return expect.toSatisfy((exp) => exp <= expected && exp > expected - 5);
}

function newKeyPair(): { readonly publicKey: string; readonly privateKey: string } {
  return generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
}
