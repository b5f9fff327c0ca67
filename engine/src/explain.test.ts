import { expect, test } from "vitest";
import { REASONS, type Reason } from "./domain/reasons.ts";
import type { EngineParts } from "./engine.ts";
import { createMemoryLimiter } from "./limits/limiter.ts";
import type { ApiDefinition } from "./policy/define.ts";
import { standardApi } from "./profiles/standard.ts";
import { aToken, NOW, World } from "./testing/world.ts";

// A request for each reason, and the step of the trace that says what was compared.

const API: ApiDefinition = {
  slug: "acme",
  extends: standardApi,
  schemes: [
    "client-secret-headers",
    "api-key",
    "customer-jwt",
    "shared-secret-jwt",
    "signed-request",
    "anonymous",
  ],
  accountHeader: "x-account",
  plans: ["basic", "pro"],
  endpoints: [
    { match: "/members", accepts: ["user"] },
    { match: "/orgs", family: "orgs" },
    { match: "/gold", family: "gold" },
    { match: "/status", context: "own" },
    { match: "/gone/**", anonymous: true },
  ],
  entitlements: {
    account: { "": null, orgs: "pro" },
    platform: { "": null },
    organization: { "": null },
  },
  signatures: { oneTime: true },
};

type Headers = Readonly<Record<string, string>>;
interface Fixture {
  readonly api?: Partial<ApiDefinition>;
  readonly parts?: Partial<EngineParts>;
  readonly target?: string;
  readonly secure?: boolean;
  readonly headers: (world: Scene) => Headers;
  /** What happens before the request that is explained. */
  readonly before?: (world: Scene, headers: Headers) => Promise<unknown> | undefined;
  /** The step that refuses, and what its detail must tell. */
  readonly step: string;
  readonly detail?: RegExp;
}

const exp = NOW / 1000 + 30;
const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });

/** A customer with one of everything. */
function sceneOf(world: World) {
  const account = world.account({ plan: "basic" });
  const user = world.user([account.id]);
  const platform = world.account({ kind: "platform" });
  const organization = world.account({ kind: "organization" });
  const signer = world.signingKey(account.id);
  return {
    world,
    account,
    user,
    platform,
    signer,
    key: world.key({ accountId: account.id }),
    signed: world.key({ accountId: account.id, signing: "required" }),
    jwt: world.jwtSecret(account.id, "issuer"),
    app: world.organizationKey(organization.id),
    client: world.client(account.id),
    token: (claims: object = {}, header: Record<string, unknown> = {}) =>
      bearer(
        aToken({ sub: user.id, exp, ...claims }, signer.privateKey, { kid: signer.kid, ...header }),
      ),
  };
}
type Scene = ReturnType<typeof sceneOf>;

const plain = ({ key }: Scene) => bearer(key.key);
const signature = ({ signed }: Scene, claims: object = {}, secret = signed.secret) => ({
  "x-api-key": signed.key,
  "x-signature": aToken({ key: signed.key, exp, ...claims }, secret),
});
const changed =
  (change: object) =>
  async ({ world, key }: Scene) => {
    await world.decide({ headers: bearer(key.key) });
    world.change(key.id, change);
  };
const never = () => Promise.reject(new Error("away"));
const away = { credential: never, account: never, user: never };

const FIXTURES: Readonly<Record<Reason, Fixture>> = {
  path_malformed: { target: "/a/../b", headers: plain, step: "hygiene" },
  header_duplicated: {
    headers: (at) => ({ ...plain(at), Authorization: "again" }),
    step: "hygiene",
    detail: /authorization/,
  },
  api_version_unsupported: {
    headers: (at) => ({ ...plain(at), "x-api-version": "7" }),
    step: "version",
    detail: /x-api-version/,
  },
  endpoint_unknown: {
    api: { otherwise: "refuse" },
    target: "/x",
    headers: plain,
    step: "requirement",
  },
  transport_insecure: {
    parts: { requireTls: true },
    secure: false,
    headers: plain,
    step: "transport",
  },
  credential_missing: { headers: () => ({}), step: "authenticate" },
  credential_malformed: { headers: () => bearer("nonsense"), step: "authenticate" },
  credential_ambiguous: {
    headers: (at) => ({ ...plain(at), "x-api-key": at.key.key }),
    step: "authenticate",
  },
  credential_unknown: {
    headers: ({ token }) => token({}, { kid: "kid_nobody" }),
    step: "authenticate",
    detail: /kid/,
  },
  credential_browned_out: {
    headers: plain,
    before: changed({ rotatedAt: NOW - 9, brownOuts: [{ from: NOW, to: NOW + 120_000 }] }),
    step: "brown-out",
    detail: /until 2027-/,
  },
  credential_expired: { headers: plain, before: changed({ expiresAt: NOW }), step: "status" },
  credential_revoked: { headers: plain, before: changed({ revokedAt: NOW }), step: "status" },
  secret_wrong: {
    headers: ({ client }) => ({ "x-cal-client-id": client.id, "x-cal-secret-key": "wrong" }),
    step: "authenticate",
  },
  client_id_missing: { headers: () => ({ "x-cal-secret-key": "s" }), step: "authenticate" },
  client_secret_missing: { headers: () => ({ "x-cal-client-id": "app_1" }), step: "authenticate" },
  token_malformed: {
    headers: ({ token }) => token({ exp: "tomorrow" }),
    step: "authenticate",
  },
  token_algorithm_refused: {
    headers: ({ token }) => token({}, { alg: "ES384" }),
    step: "authenticate",
    detail: /alg ES384/,
  },
  token_audience_refused: { headers: ({ token }) => token({ aud: "them" }), step: "authenticate" },
  token_issuer_missing: {
    headers: ({ jwt }) => bearer(aToken({ sub: "x", exp }, jwt.secret)),
    step: "authenticate",
  },
  token_key_missing: {
    headers: ({ token }) => token({}, { kid: undefined }),
    step: "authenticate",
  },
  token_expiry_missing: { headers: ({ token }) => token({ exp: undefined }), step: "authenticate" },
  token_expired: {
    headers: ({ token }) => token({ exp: exp - 90 }),
    step: "authenticate",
    detail: /exp is 60 s ago/,
  },
  token_lifetime_exceeded: {
    headers: ({ token }) => token({ exp: exp + 100_000 }),
    step: "authenticate",
    detail: /exp is in 100030 s; at most 86400 s ahead/,
  },
  token_not_yet_valid: { headers: ({ token }) => token({ nbf: exp + 30 }), step: "authenticate" },
  token_subject_missing: { headers: ({ token }) => token({ sub: 1 }), step: "authenticate" },
  token_subject_unknown: {
    headers: ({ token }) => token({ sub: "user_nobody" }),
    step: "authenticate",
    detail: /user_nobody/,
  },
  signature_missing: {
    headers: ({ signed }) => ({ "x-api-key": signed.key }),
    step: "authenticate",
  },
  signature_invalid: { headers: (at) => signature(at, {}, "not the secret"), step: "authenticate" },
  signature_key_mismatch: { headers: (at) => signature(at, { key: "k" }), step: "authenticate" },
  signature_replayed: {
    headers: (at) => signature(at, { jti: "1" }),
    before: ({ world }, headers) => world.decide({ headers }),
    step: "one-time",
  },
  dpop_proof_missing: {
    api: { schemes: ["access-token"] },
    headers: ({ world, account }) =>
      bearer(world.accessToken({ accountId: account.id }, { boundKey: "thumbprint" }).token),
    step: "authenticate",
  },
  dpop_proof_invalid: {
    api: { schemes: ["access-token"] },
    headers: ({ world, account }) => {
      const { token } = world.accessToken({ accountId: account.id }, { boundKey: "thumbprint" });
      return { authorization: `DPoP ${token}`, dpop: "no.proof.at-all" };
    },
    step: "authenticate",
    detail: /its form/,
  },
  dpop_token_unbound: {
    api: { schemes: ["access-token"] },
    headers: ({ world, account }) => {
      const { token } = world.accessToken({ accountId: account.id });
      return { authorization: `DPoP ${token}` };
    },
    step: "authenticate",
  },
  origin_refused: {
    api: { schemes: ["access-token"] },
    headers: ({ world, account }) => {
      const state = { accountId: account.id, userId: "user_1" };
      const { token } = world.accessToken(state, { origins: ["https://app.example.com"] });
      return { ...bearer(token), origin: "https://evil.example" };
    },
    step: "origin",
  },
  organization_headers_incomplete: {
    headers: (at) => ({ ...signature(at), "x-app-key": at.app.appKey }),
    step: "authenticate",
  },
  organization_mismatch: {
    headers: ({ key, app }) => ({
      "x-api-key": key.key,
      "x-app-key": app.appKey,
      "x-app-signature": aToken({ key: app.appKey, exp }, app.secret),
    }),
    step: "authenticate",
  },
  principal_kind_refused: {
    target: "/members",
    headers: plain,
    step: "kind",
    detail: /kind account; accepted: user/,
  },
  account_missing: {
    headers: ({ world, platform }) => bearer(world.key({ accountId: platform.id }).key),
    step: "account",
  },
  account_unknown: {
    headers: ({ world, platform, account }) => ({
      ...bearer(world.key({ accountId: platform.id }).key),
      "x-account": account.id,
    }),
    step: "account",
  },
  account_mismatch: {
    headers: (at) => ({ ...plain(at), "x-account": at.platform.id }),
    step: "account",
  },
  entitlement_missing: { target: "/gold", headers: plain, step: "entitlement", detail: /gold/ },
  plan_insufficient: { target: "/orgs", headers: plain, step: "entitlement", detail: /plan basic/ },
  address_throttled: {
    api: { failures: ["1/hour"] },
    headers: ({ token }) => token({}, { kid: "kid_other" }),
    before: ({ world, token }) => world.decide({ headers: token({}, { kid: "kid_nobody" }) }),
    step: "source",
  },
  account_suspended: {
    headers: plain,
    before: async (at) => {
      await changed({})(at);
      at.world.account({ ...at.account, status: "suspended" });
    },
    step: "status",
  },
  address_not_allowed: {
    headers: plain,
    before: changed({ allowedIps: ["198.51.100.0/24"] }),
    step: "address",
    detail: /192\.0\.2\.1/,
  },
  scope_insufficient: {
    target: "/v2/users",
    headers: plain,
    step: "scopes",
    detail: /needs read:users; has none$/,
  },
  rate_limited: {
    headers: plain,
    before: async (at) => {
      await changed({ limits: ["1/minute"] })(at);
      await at.world.decide({ headers: bearer(at.key.key) });
    },
    step: "limit",
    detail: /default 1\/1 \(local\)/,
  },
  counters_unavailable: {
    parts: {
      limiter: { ...createMemoryLimiter(), spend: () => "unavailable", peek: () => "unavailable" },
    },
    headers: plain,
    step: "limit",
  },
  one_time_unavailable: {
    parts: { oneTime: { claim: never, isClaimed: never } },
    headers: (at) => signature(at, { jti: "1" }),
    step: "one-time",
  },
  source_unavailable: { parts: { source: away }, headers: plain, step: "source" },
};

test.each(Object.entries(FIXTURES))("%s is explained", async (reason, fixture) => {
  const world = new World({ ...API, ...fixture.api }, fixture.parts);
  const scene = sceneOf(world);
  const headers = fixture.headers(scene);
  await fixture.before?.(scene, headers);
  const { target = "/x", secure = true } = fixture;
  const explained = await world.decide({ target, secure, headers }, { explain: true });
  const asCaller = await world.decide({ target, secure, headers });
  expect(explained).toMatchObject({ outcome: "deny", reason });
  expect(asCaller).toMatchObject({ outcome: "deny", reason, trace: undefined });
  const last = explained.trace?.at(-1);
  expect(last).toMatchObject({ step: fixture.step, outcome: "refused" });
  expect(last?.detail).toMatch(new RegExp(`^${reason}`));
  if (fixture.detail !== undefined) expect(last?.detail).toMatch(fixture.detail);
  expect(explained.trace?.slice(0, -1).map(({ outcome }) => outcome)).not.toContain("refused");
});

test("no fixture is left for a reason that is no more", () => {
  expect(Object.keys(FIXTURES).sort()).toEqual(Object.keys(REASONS).sort());
});

test("what is allowed is explained step by step, without any part of a secret", async () => {
  const world = new World(API);
  const scene = sceneOf(world);
  const headers = signature(scene, { jti: "only once" });
  const { trace } = await world.decide({ target: "/x", headers }, { explain: true });
  expect(trace?.map(({ step }) => step)).toEqual([
    "policy",
    "hygiene",
    "requirement",
    "transport",
    "version",
    "known",
    "claim",
    "form",
    "times",
    "signature",
    "authenticate",
    "status",
    "account",
    "entitlement",
    "scopes",
    "one-time",
    "limit",
  ]);
  const text = JSON.stringify(trace);
  for (const secret of [scene.signed.key, scene.signed.secret, ...Object.values(headers)]) {
    for (let i = 8; i + 10 <= secret.length; i += 1) {
      expect(text).not.toContain(secret.slice(i, i + 10));
    }
  }
});
