import { type KeyFormat, newKey, profiles, sameSecret } from "@latchkey/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../answer.ts";
import { doorsOf } from "../doors.ts";
import { type RunningServer, startServer, TEST_ACCOUNT, waitUntil } from "../running-server.ts";
import { sharedJwt, unixNow, userJwt } from "../signed-jwt.ts";
import { beforeItExpires } from "../soon-expired.ts";

// Checklist 6.5 of the compatibility document, for each profile; line 2 is canaries.test.ts, line 4
// ../verifier/faults.test.ts, line 5 no-calls-out.test.ts.

type Headers = Readonly<Record<string, string>>;

/** How a profile is tried. */
interface Probe {
  /** An endpoint that needs a credential and nothing more. */
  readonly open: string;
  readonly format: KeyFormat;
  /** How a key is presented. */
  readonly key: (key: string) => Headers;
  /** Every other place for a secret; the rest of the request is good. */
  readonly secrets: (server: RunningServer) => Promise<readonly ((secret: string) => Headers)[]>;
  /** Credentials that are bad, each in its own way, by what callers may tell apart. */
  readonly alike: (server: RunningServer, keys: BadKeys) => Promise<readonly Headers[][]>;
}

/** Keys that were never issued, were revoked, and have expired. */
type BadKeys = Readonly<Record<"unknown" | "revoked" | "expired", string>>;

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const apiKey = (key: string) => ({ "x-api-key": key });
/** What is no key at all. */
const NONSENSE = ["x", "a b", "\u00e9", "null"];

const PROBES: Readonly<Record<string, Probe>> = {
  standard: {
    open: "/v2/auth/test",
    format: { live: "lk_live_", test: "lk_test_", form: "checksummed" },
    key: bearer,
    secrets: async ({ create }) => {
      const draft = { accountId: TEST_ACCOUNT, issuer: "probe" };
      const { secret } = await create("standard", "jwt-secrets", draft);
      const token = sharedJwt(secret, { iss: "probe", sub: "x" });
      return [(part) => bearer(`${token.replace(/[^.]+$/, "")}${part}`)];
    },
    alike: async (server, keys) => {
      const draft = { accountId: TEST_ACCOUNT, issuer: "alike" };
      const { secret } = await server.create("standard", "jwt-secrets", draft);
      const gone = { accountId: TEST_ACCOUNT, issuer: "gone" };
      const revoked = await server.create("standard", "jwt-secrets", gone);
      await server.operator("POST", `/v1/apis/standard/jwt-secrets/${revoked.id}/revoke`);
      const jwts = [
        sharedJwt(secret, { iss: "unknown", sub: "x" }),
        sharedJwt(secret, { iss: "alike", sub: "x", exp: unixNow() - 3600 }),
        sharedJwt(secret, { iss: "alike" }),
        sharedJwt(`${secret}x`, { iss: "alike", sub: "x" }),
        sharedJwt(revoked.secret, { iss: "gone", sub: "x" }),
      ];
      return [[...everyBadKey(keys), ...jwts].map(bearer)];
    },
  },
  savvycal: {
    open: "/v1/account",
    format: { live: "sk_", test: "sk_test_", form: "checksummed" },
    key: bearer,
    secrets: async ({ create }) => {
      const draft = { accountId: TEST_ACCOUNT, name: "probe" };
      const token = userJwt(await create("savvycal", "signing-keys", draft), { sub: "x" });
      return [(part) => bearer(`${token.replace(/[^.]+$/, "")}${part}`)];
    },
    alike: async (server, keys) => {
      const draft = { accountId: TEST_ACCOUNT, name: "alike" };
      const key = await server.create("savvycal", "signing-keys", draft);
      const revoked = await server.create("savvycal", "signing-keys", draft);
      await server.create("savvycal", "users", { id: "user_alike", accountId: TEST_ACCOUNT });
      await server.operator("POST", `/v1/apis/savvycal/signing-keys/${revoked.id}/revoke`);
      const sub = "user_alike";
      const jwts = [
        userJwt({ ...key, id: "kid_000000000000" }, { sub }),
        userJwt(key, { sub, exp: unixNow() - 3600 }),
        userJwt(key, {}),
        userJwt(key, { sub: "user_000000000000" }),
        userJwt({ ...revoked, id: key.id }, { sub }),
        userJwt(revoked, { sub }),
      ];
      return [[...everyBadKey(keys), ...jwts].map(bearer)];
    },
  },
  calcom: {
    open: "/v2/me",
    format: { live: "cal_live_", test: "cal_", form: "hex" },
    key: bearer,
    secrets: async (server) => {
      const { clientId } = await aClient(server);
      return [
        (secret) => ({ "x-cal-client-id": clientId, "x-cal-secret-key": secret }),
        (secret) => ({ "x-cal-client-id": secret, "x-cal-secret-key": "x" }),
        (key) => ({ authorization: key }),
      ];
    },
    // Its code tells an expired key from an unknown one, a token that is no key from both, and an
    // unknown client from a wrong secret.
    alike: async (server, { unknown, revoked }) => {
      const client = await aClient(server);
      const other = await aClient(server);
      await server.operator("POST", `/v1/apis/calcom/applications/${other.clientId}/revoke`);
      const pair = (id: string, secret: string) => ({
        "x-cal-client-id": id,
        "x-cal-secret-key": secret,
      });
      return [
        [unknown, revoked, unknown.slice(0, -1), `${unknown}0`, "cal_x"].map(bearer),
        ["x", "null", "hunter2", unknown.slice(4)].map(bearer),
        [pair(client.clientId, "x"), pair(client.clientId, `${client.clientSecret}x`)],
        [pair("unknown", client.clientSecret), pair(other.clientId, other.clientSecret)],
      ];
    },
  },
  "signed-keys": {
    open: "/auth/test",
    format: { live: "sgn_live_", test: "sgn_test_", form: "checksummed" },
    key: apiKey,
    secrets: async (server) => {
      const { key } = await server.issueKey({ signing: "optional" }, "signed-keys");
      const appKey = await anAppKey(server);
      return [
        (secret) => ({ ...apiKey(key), "x-signature": secret }),
        (secret) => ({ ...apiKey(key), "x-app-key": appKey, "x-app-signature": secret }),
        (secret) => ({ ...apiKey(key), "x-app-key": secret, "x-app-signature": "x" }),
      ];
    },
    alike: async (server, keys) => {
      const made = await server.issueKey({ signing: "required" }, "signed-keys");
      const { key, signingSecret: secret = "" } = made;
      const sign = (claims: object, by = secret) => ({
        ...apiKey(key),
        "x-signature": sharedJwt(by, { key, ...claims }),
      });
      const broken = [
        apiKey(key),
        sign({}, `${secret}x`),
        sign({ key: keys.unknown }),
        sign({ exp: undefined }),
        { ...sign({}), "x-api-key": keys.unknown },
        { ...sign({}), "x-api-key": keys.revoked },
        { ...sign({}), "x-app-key": "unknown", "x-app-signature": "x" },
      ];
      return [[...everyBadKey(keys).map(apiKey), ...broken]];
    },
  },
};

function everyBadKey({ unknown, revoked, expired }: BadKeys): readonly string[] {
  const anotherEnd = unknown.replace(/.$/, (last) => (last === "a" ? "b" : "a"));
  return [unknown, revoked, expired, unknown.slice(0, -1), anotherEnd, ...NONSENSE];
}

async function aClient({ create }: RunningServer): Promise<Answer["json"]> {
  const platform = await create("calcom", "accounts", { name: "Platform", kind: "platform" });
  return create("calcom", "applications", {
    accountId: platform.id,
    name: "Client",
    kind: "platform",
    redirectUris: ["https://app.example.com"],
  });
}

async function anAppKey({ create }: RunningServer): Promise<string> {
  const draft = { name: "Organization", kind: "organization" };
  const { id: accountId } = await create("signed-keys", "accounts", draft);
  return (await create("signed-keys", "organization-keys", { accountId })).appKey;
}

const PROFILES = Object.keys(profiles);
const policy = {
  apis: PROFILES.flatMap((name) => [
    // The tests below present more bad credentials than one address may.
    { slug: name, extends: name, failures: [] },
    // Not every profile has scopes, but all say what they do when one is missing.
    {
      slug: `${name}-scoped`,
      extends: name,
      scopes: { "probe:read": "Probe" },
      unscoped: [],
      endpoints: [{ match: "GET /v9/scoped", scopes: ["probe:read"] }],
    },
  ]),
};

let server: RunningServer;
let behindProxy: RunningServer;
beforeAll(async () => {
  [server, behindProxy] = await Promise.all([
    startServer({ policy }),
    startServer({ policy, env: { LATCHKEY_TRUSTED_PROXIES: "127.0.0.1" } }),
  ]);
});
afterAll(() => Promise.all([server?.stop(), behindProxy?.stop()]));

test("every profile there is has its probes here", () => {
  expect(Object.keys(PROBES)).toEqual(PROFILES);
});

/** Without what differs between any two answers. */
function look({ status, text, headers }: Answer, asked: Headers): object {
  // The length is that of the text, which is compared, but for ids of another length.
  const { date, "x-request-id": id, "content-length": length, ...fixed } = headers;
  const body = text
    .replace(/"timestamp":"[^"]+"/, "")
    .replaceAll(asked["x-cal-client-id"] || "\n", "ID");
  return { status, body, fixed };
}

describe.each(Object.entries(PROBES))("%s:", (api, { open, format, key: present, ...probe }) => {
  test("6.5.1 a secret of any length is refused, never a fault", async () => {
    const key = (await server.issueKey({}, api)).key;
    const places = [present, ...(await probe.secrets(server))];
    const lengths = [0, 1, 2, 7, 8, 31, 32, 33, 43, 44, 45, 63, 64, 65, 255, 4096, 8192, 8193];
    for (const length of lengths) {
      for (const filler of ["a", key]) {
        const token = filler.repeat(Math.ceil(length / filler.length)).slice(0, length);
        if (token === key) continue;
        for (const [door, ask] of Object.entries(doorsOf(server))) {
          for (const [place, headers] of places.map((place) => place(token)).entries()) {
            const { status } = await ask(api, `GET ${open}`, headers);
            expect([door, length, place, status]).toEqual([door, length, place, 401]);
          }
        }
        const operator = await server.ask({ path: "/v1/apis", headers: bearer(token) });
        const proxy = await server.ask({
          path: `/v1/apis/${api}/forward-auth`,
          headers: { "x-latchkey-token": token },
        });
        expect([operator.status, proxy.status]).toEqual([401, 401]);
      }
    }
  });

  test("6.5.3 unknown, revoked, expired and malformed credentials look the same", async () => {
    const unknown = newKey(format, "live").key;
    const { id, key: revoked } = await server.issueKey({}, api);
    expect((await server.ask({ path: `/${api}${open}`, headers: present(revoked) })).status).toBe(
      200,
    );
    await server.operator("POST", `/v1/apis/${api}/api-keys/${id}/revoke`);
    const { made, expiresAt } = await beforeItExpires((at) =>
      server.issueKey({ expiresAt: at }, api),
    );
    const { key: expired } = made;
    await waitUntil("it has expired", async () => Date.now() > Date.parse(expiresAt));
    const groups = await probe.alike(server, { unknown, revoked, expired });
    for (const [door, ask] of Object.entries(doorsOf(server))) {
      for (const group of groups) {
        const looks: object[] = [];
        for (const headers of group)
          looks.push(look(await ask(api, `GET ${open}`, headers), headers));
        expect(looks[0]).toMatchObject({ status: 401 });
        for (const [place, each] of looks.entries()) {
          expect([door, place, each]).toEqual([door, place, looks[0]]);
        }
      }
    }
  });

  test("6.5.3 whether a key was revoked shows nowhere: at no endpoint, with no other fault", async () => {
    const unknown = newKey(format, "live").key;
    const account = { name: "Closed", kind: "platform" };
    const { id: accountId } = await server.create(api, "accounts", account);
    const draft = { accountId, allowedIps: ["192.0.2.0/24"], limits: ["1/hour"] };
    const { id, key } = await server.issueKey(draft, api);
    await server.operator("POST", `/v1/apis/${api}/api-keys/${id}/revoke`);
    await server.operator("POST", `/v1/apis/${api}/accounts/${accountId}/suspend`);
    for (const [door, ask] of Object.entries(doorsOf(server))) {
      for (const path of [open, "/v1/user", "/v1/platform", "/v2/organizations/acct_x/teams"]) {
        for (const more of [{}, { "x-savvycal-account": "acct_x" }]) {
          const [one, other] = await Promise.all([
            ask(api, `GET ${path}`, { ...present(unknown), ...more }),
            ask(api, `GET ${path}`, { ...present(key), ...more }),
          ]);
          expect([door, path, more, look(other, {})]).toEqual([door, path, more, look(one, {})]);
        }
      }
    }
  });

  test("6.5.6 the client's address comes from the connection, whatever headers say", async () => {
    const { key } = await server.issueKey({ allowedIps: ["192.0.2.0/24"] }, api);
    for (const name of [
      "x-forwarded-for",
      "forwarded",
      "x-real-ip",
      "cf-connecting-ip",
      "true-client-ip",
      "x-client-ip",
      "fly-client-ip",
      "x-cluster-client-ip",
    ]) {
      const value = name === "forwarded" ? "for=192.0.2.7" : "192.0.2.7";
      const headers = { ...present(key), [name]: value };
      expect([name, (await server.ask({ path: `/${api}${open}`, headers })).status]).toEqual([
        name,
        403,
      ]);
    }
  });

  test("6.5.6 a configured proxy names it in X-Forwarded-For, and nowhere else", async () => {
    const { key } = await behindProxy.issueKey({ allowedIps: ["192.0.2.0/24"] }, api);
    const from = async (headers: Record<string, string | readonly string[]>) => {
      const asked = { path: `/${api}${open}`, headers: { ...present(key), ...headers } };
      return (await behindProxy.ask(asked)).status;
    };
    expect(await from({ "x-forwarded-for": "192.0.2.7" })).toBe(200);
    expect(await from({ "x-forwarded-for": "192.0.2.7, 127.0.0.1" })).toBe(200);
    // What the client wrote itself stands to the left of what the proxy saw.
    expect(await from({ "x-forwarded-for": "192.0.2.7, 203.0.113.9" })).toBe(403);
    expect(await from({ "x-forwarded-for": ["192.0.2.7", "203.0.113.9"] })).toBe(403);
    expect(await from({ "x-forwarded-for": "192.0.2.7, unknown" })).toBe(403);
    expect(await from({ "cf-connecting-ip": "192.0.2.7" })).toBe(403);
    expect(await from({ "x-real-ip": "192.0.2.7" })).toBe(403);
    expect(await from({ forwarded: "for=192.0.2.7" })).toBe(403);
  });

  test.each(["facade", "forward-auth", "verify"] as const)(
    "6.5.7 %s challenges with every 401 and every missing scope",
    async (door) => {
      const ask = doorsOf(server)[door];
      const scoped = `${api}-scoped`;
      const { key } = await server.issueKey({}, scoped);
      const [missing, unknown, scope] = await Promise.all([
        ask(api, `GET ${open}`, {}),
        ask(api, `GET ${open}`, present("unknown")),
        ask(scoped, "GET /v9/scoped", present(key)),
      ]);
      expect([missing.status, unknown.status, scope.status]).toEqual([401, 401, 403]);
      expect(missing.headers["www-authenticate"]).toMatch(/^[A-Za-z]+ realm="[^"]+"$/);
      expect(unknown.headers["www-authenticate"]).toMatch(/ error="invalid_token"$/);
      expect(scope.headers["www-authenticate"]).toMatch(
        / error="insufficient_scope", scope="probe:read"$/,
      );
    },
  );
});

test("6.5.7 the management API challenges with every 401 as well", async () => {
  const { status, headers } = await server.ask({ path: "/v1/apis" });
  expect(status).toBe(401);
  expect(headers["www-authenticate"]).toBe('Bearer realm="latchkey"');
});

test("6.5.1 secrets are compared by digests of one length", () => {
  for (const [a, b, same] of [
    ["", "", true],
    ["a", "a", true],
    ["a", "b", false],
    ["a", "aa", false],
    ["", "a", false],
    ["é", "e\u0301", false],
  ] as const) {
    expect(sameSecret(a, b)).toBe(same);
  }
});
