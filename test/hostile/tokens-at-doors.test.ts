import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { profiles } from "@latchkey/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { doorsOf } from "../doors.ts";
import { head, sendRaw } from "../raw-request.ts";
import { type RunningServer, startServer, TEST_ACCOUNT } from "../running-server.ts";
import { unixNow } from "../signed-jwt.ts";
import { type HostileToken, hostileTokens, validTokens } from "./hostile-tokens.ts";
import { newTokenKeys, type TokenKeys } from "./token-keys.ts";

// The corpus of tokens.test.ts, presented to a server in every place of every profile that takes a
// token: each is refused, and none is a fault.

type Headers = Readonly<Record<string, string>>;

/** A place for tokens. */
interface Place {
  readonly api: string;
  readonly path: string;
  readonly present: (token: string) => Headers;
  readonly keys: TokenKeys;
  /** Of the valid ones, whose algorithms are accepted here. */
  readonly accepts: readonly string[];
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const rules = { maxLifetimeSeconds: 3600, skewSeconds: 60 };
const policy = {
  apis: [
    ...Object.keys(profiles).map((name) => ({ slug: name, extends: name, failures: [] })),
    {
      slug: "both",
      extends: "standard",
      schemes: ["api-key", "customer-jwt", "shared-secret-jwt"],
      failures: [],
    },
  ].map((api) => ({ ...api, tokens: rules, signatures: rules })),
};

let server: RunningServer;
const places = new Map<string, Place>();
beforeAll(async () => {
  server = await startServer({ policy });
  const keys = newTokenKeys(unixNow());
  for (const api of ["standard", "savvycal", "both", "calcom"]) {
    places.set(api, await bearerPlace(api, keys));
  }
  const organization = { id: "acct_org", name: "Organization", kind: "organization" };
  await server.create("signed-keys", "accounts", organization);
  const draft = { accountId: "acct_org", signing: "optional" };
  const { key, signingSecret = "" } = await server.issueKey(draft, "signed-keys");
  const app = await server.create("signed-keys", "organization-keys", { accountId: "acct_org" });
  const signed = { api: "signed-keys", path: "/auth/test", accepts: ["HS256"] };
  places.set("signed-keys, x-signature", {
    ...signed,
    present: (token) => ({ "x-api-key": key, "x-signature": token }),
    keys: { ...keys, secret: Buffer.from(signingSecret), claims: { key } },
  });
  places.set("signed-keys, x-app-signature", {
    ...signed,
    present: (token) => ({
      "x-api-key": key,
      "x-app-key": app.appKey,
      "x-app-signature": token,
    }),
    keys: { ...keys, secret: Buffer.from(app.appSecret), claims: { key: app.appKey } },
  });
});
afterAll(() => server?.stop());

/** An API that knows the keys which the tokens are made for, as far as it takes such keys. */
async function bearerPlace(api: string, keys: TokenKeys): Promise<Place> {
  const accountId = TEST_ACCOUNT;
  const place = { api, path: "/v9/things", present: bearer };
  let own = keys;
  const accepts: string[] = [];
  await server.create(api, "users", { id: "user_000000000001", accountId });
  if (api === "savvycal" || api === "both") {
    for (const [alg, { kid, publicKey }] of Object.entries(keys.known)) {
      const pem = publicKey.export({ type: "spki", format: "pem" });
      await server.create(api, "signing-keys", { id: kid, accountId, name: alg, publicKey: pem });
      accepts.push(alg);
    }
  }
  if (api === "standard" || api === "both") {
    const draft = { accountId, issuer: keys.issuer };
    const { secret } = await server.create(api, "jwt-secrets", draft);
    own = { ...keys, secret: Buffer.from(secret) };
    accepts.push("HS256");
  }
  return { ...place, keys: own, accepts };
}

/** What no client would send, and what every server takes away (RFC 9110 §5.5). */
const UNSENDABLE = /[^\x20-\x7e]/;
const AT_AN_END = ["header with a space before", "signature with a space", "signature with a tab"];
/** Whose signatures do not ask who the subject is. */
const OF_SUBJECTS = /claims: (no sub|sub (as|empty|of))/;

const NAMES = [
  "standard",
  "savvycal",
  "both",
  "calcom",
  "signed-keys, x-signature",
  "signed-keys, x-app-signature",
];

describe.each(NAMES)("%s:", (name) => {
  function placeOf(): Place {
    const place = places.get(name);
    if (place === undefined) throw new Error(`there is no place ${name}`);
    return place;
  }

  test("valid tokens are accepted at every door where their algorithm is", async () => {
    const { api, path, present, keys, accepts } = placeOf();
    for (const { alg, token } of validTokens(keys)) {
      const status = accepts.includes(alg) ? 200 : 401;
      for (const [door, ask] of Object.entries(doorsOf(server))) {
        const answer = await ask(api, `GET ${path}`, present(token));
        expect([alg, door, answer.status]).toEqual([alg, door, status]);
      }
    }
  });

  test("hostile tokens are refused at every door, with 4xx", async () => {
    const { api, path, present, keys } = placeOf();
    const tokens = hostileTokens(keys).filter(
      (token) => !(api === "signed-keys" && OF_SUBJECTS.test(token.name)),
    );
    expect(tokens.length).toBeGreaterThan(500);
    const doors = doorsOf(server);
    const accepted: string[] = [];
    const check = async ({ name, token }: HostileToken): Promise<void> => {
      const statuses = {
        verify: (await doors.verify(api, `GET ${path}`, present(token))).status,
        ...(await overHttp(api, path, present(token))),
      };
      for (const [door, status] of Object.entries(statuses)) {
        const isTrimmed = door !== "verify" && AT_AN_END.includes(name);
        if (status >= 400 && status < 500) continue;
        if (!(status === 200 && isTrimmed)) accepted.push(`${name}: ${status} at ${door}`);
      }
    };
    while (tokens.length > 0) await Promise.all(tokens.splice(0, 16).map(check));
    expect(accepted).toEqual([]);
  });
});

/** The statuses at the doors that read a token from a header. */
async function overHttp(api: string, path: string, headers: Headers) {
  const doors = doorsOf(server);
  const size = Object.values(headers).join("").length;
  if (size < 8192 && !Object.values(headers).some((value) => UNSENDABLE.test(value))) {
    const [facade, forwarded] = await Promise.all([
      doors.facade(api, `GET ${path}`, headers),
      doors["forward-auth"](api, `GET ${path}`, headers),
    ]);
    return { facade: facade.status, "forward-auth": forwarded.status };
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${utf8(value)}`);
  const proxy = `x-latchkey-token: ${server.operatorToken}`;
  const forward = `/v1/apis/${api}/forward-auth${path}`;
  const [facade, forwarded] = await Promise.all([
    sendRaw(server.port, head(`GET /${api}${path} HTTP/1.1`, lines)),
    sendRaw(server.port, head(`GET ${forward} HTTP/1.1`, [...lines, proxy])),
  ]);
  return { facade: facade.status, "forward-auth": forwarded.status };
}

/** Its UTF-8 bytes, each as a character. */
function utf8(text: string): string {
  return Buffer.from(text).toString("latin1");
}

test("tokens by a key that is nobody's are refused, whatever curve or size", async () => {
  const strangers = newTokenKeys(unixNow());
  for (const { api, path, present } of places.values()) {
    for (const { token } of validTokens(strangers)) {
      const { status } = await doorsOf(server).facade(api, `GET ${path}`, present(token));
      expect([api, status]).toEqual([api, 401]);
    }
  }
});

test("a key that cannot be one of a customer's is not registered", async () => {
  const draft = { accountId: TEST_ACCOUNT, name: "odd" };
  const pem = (key: KeyObject) => key.export({ type: "spki", format: "pem" });
  for (const publicKey of [
    pem(generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey),
    pem(generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey),
    pem(generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey),
    pem(generateKeyPairSync("x25519").publicKey),
    pem(generateKeyPairSync("ed448").publicKey),
    generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }),
    { kty: "oct", k: "AAAA" },
    "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    "",
  ]) {
    const answer = await server.operator("POST", "/v1/apis/savvycal/signing-keys", {
      ...draft,
      publicKey,
    });
    expect([publicKey, answer.status]).toEqual([publicKey, 400]);
  }
});

test("the server lives, and saw no fault of its own in all that", async () => {
  expect(server.alive).toBe(true);
  expect((await server.ask({ path: "/readyz" })).status).toBe(200);
  const lines = server.log().split("\n");
  expect(lines.filter((line) => /^\{"level":[56]0|"status":5\d\d/.test(line))).toEqual([]);
});
