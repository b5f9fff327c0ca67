import { describe, expect, test } from "vitest";
import { requirementFor } from "../testing/requirement-for.ts";
import { compilePolicy } from "./compile.ts";
import { type ApiDefinition, defineApi, defineLatchkey } from "./define.ts";
import { PolicyError } from "./policy-error.ts";
import { policyOf, readPolicies } from "./validate.ts";

const BASE = defineApi({
  slug: "base",
  hosts: ["api.base.com"],
  renderer: "standard",
  schemes: ["api-key", "anonymous"],
  keyFormat: { live: "lk_live_", test: "lk_test_" },
  scopes: {
    "read:users": "Read users",
    "read:projects": "Read projects",
    "admin:all": { title: "All", implies: ["*"] },
  },
  endpoints: [
    { match: "GET /v2/users/**", scopes: ["read:users"] },
    { match: "/v2/health", anonymous: true },
  ],
  limits: {
    apiKey: { per: "credential", windows: ["10000/hour", "100/second"] },
    anonymous: { per: "address", windows: ["100/hour"] },
  },
  failures: ["10/minute"],
  version: { header: "x-api-version", supported: ["1.0", "2.0"], default: "2.0" },
});

function extended(changes: Partial<ApiDefinition> = {}): ApiDefinition {
  return { slug: "acme", extends: BASE, ...changes };
}

/** What is said about one API, without the path of the API. */
function faultsOf(changes: object): readonly string[] {
  try {
    readPolicies({ apis: [{ ...extended(), ...changes }] });
  } catch (error) {
    if (error instanceof PolicyError) {
      return error.problems.map(({ path, text }) => `${path.replace("apis[0].", "")}: ${text}`);
    }
    throw error;
  }
  return [];
}

describe("the policy file that the design shows", () => {
  const file = defineLatchkey({
    apis: [
      defineApi({
        slug: "acme",
        extends: BASE,
        scopes: {
          "read:projects": "Read project data",
          "write:projects": "Create/update projects",
          "admin:all": { title: "Full administrative access", implies: ["*"] },
        },
        endpoints: [
          { match: "GET /v2/projects/**", scopes: ["read:projects"] },
          { match: "/v2/public/**", anonymous: true },
        ],
        limits: {
          apiKey: { per: "credential", windows: ["10000/hour", "100/second"] },
          oauth: { per: "user", windows: ["5000/hour", "50/second"] },
          jwt: { per: "token", windows: ["10000/hour", "100/second"] },
          anonymous: { per: "address", windows: ["100/hour", "5/second"] },
        },
      }),
    ],
  });

  test("means what it says", () => {
    const [acme] = readPolicies(file);
    expect(acme).toMatchObject({ slug: "acme", hosts: [], renderer: "standard" });
    expect(acme?.limits.oauth).toEqual({
      per: "user",
      windows: [
        { name: "hour", max: 5000, windowSeconds: 3600, blockSeconds: 0 },
        { name: "burst", max: 50, windowSeconds: 1, blockSeconds: 0 },
      ],
    });
    expect(acme?.endpoints.map(({ match }) => match)).toEqual([
      "GET /v2/projects/**",
      "/v2/public/**",
      "GET /v2/users/**",
      "/v2/health",
    ]);
  });

  test("compiles", () => {
    const [acme] = readPolicies(file);
    const compiled = compilePolicy(acme as NonNullable<typeof acme>);
    const asked = (method: string, target: string) =>
      requirementFor(compiled, method, target).requirement;
    expect(asked("GET", "/v2/projects")?.scopes).toEqual(["read:projects"]);
    expect(asked("DELETE", "/v2/public/x")?.anonymous).toBe(true);
    expect(asked("DELETE", "/v2/projects")?.match).toBe("*");
  });

  test("is the same when it comes from JSON and names its profile", () => {
    const json = JSON.parse(JSON.stringify(file));
    json.apis[0].extends = "base";
    expect(readPolicies(json, { profiles: { base: BASE } })).toEqual(readPolicies(file));
  });
});

describe("extending", () => {
  test("without changes takes over all but slug and hosts", () => {
    const { slug, hosts, ...rest } = policyOf(extended());
    const { slug: _slug, hosts: _hosts, ...base } = policyOf(BASE);
    expect({ slug, hosts }).toEqual({ slug: "acme", hosts: [] });
    expect(rest).toEqual(base);
  });

  test("replaces scopes one by one", () => {
    const { scopes } = policyOf(extended({ scopes: { "read:users": "Other", "x:y": "New" } }));
    expect(Object.keys(scopes)).toEqual(["read:users", "read:projects", "admin:all", "x:y"]);
    expect(scopes["read:users"]).toEqual({ title: "Other", implies: [], impliesOnOwn: [] });
  });

  test("replaces limits kind by kind, and removes one with null", () => {
    const { limits } = policyOf(
      extended({
        limits: { anonymous: null, jwt: { per: "token", windows: ["1/day"], refuseWhen: "all" } },
      }),
    );
    expect(Object.keys(limits)).toEqual(["apiKey", "jwt"]);
    expect(limits.jwt?.refuseWhen).toBe("all");
  });

  test("replaces members of key format and version, and drops the version with null", () => {
    const policy = policyOf(
      extended({ keyFormat: { test: "acme_test_" }, version: { default: "1.0" } }),
    );
    expect(policy.keyFormat).toEqual({
      live: "lk_live_",
      test: "acme_test_",
      form: "checksummed",
    });
    expect(policy.version).toEqual({
      header: "x-api-version",
      supported: ["1.0", "2.0"],
      default: "1.0",
      unsupported: "refuse",
    });
    expect(policyOf(extended({ version: null })).version).toBeNull();
  });

  test("replaces members of token and signature rules, and entitlements kind by kind", () => {
    const middle = extended({
      plans: ["LOW", "HIGH"],
      tokens: { skewSeconds: 10, audience: ["a"] },
      signatures: { oneTime: true },
      accountHeader: "x-account",
      endpoints: [{ match: "/orgs", family: "Orgs" }],
      entitlements: { team: { "": null, Orgs: "LOW" }, platform: { Orgs: null } },
    });
    const policy = policyOf({
      slug: "far",
      extends: middle,
      tokens: { maxLifetimeSeconds: 600 },
      signatures: { skewSeconds: 0 },
      accountHeader: null,
      entitlements: { team: { Orgs: "HIGH" } },
    });
    expect(policy).toMatchObject({
      tokens: { maxLifetimeSeconds: 600, skewSeconds: 10, audience: ["a"] },
      signatures: { maxLifetimeSeconds: 60, skewSeconds: 0, oneTime: true },
      plans: ["LOW", "HIGH"],
    });
    expect(policy.entitlements).toEqual({ team: { Orgs: "HIGH" }, platform: { Orgs: null } });
  });

  test("drops the account header with null", () => {
    const middle = extended({ accountHeader: "x-account" });
    expect(policyOf({ slug: "far", extends: middle }).accountHeader).toBe("x-account");
    expect(policyOf({ slug: "far", extends: middle, accountHeader: null }).accountHeader).toBe(
      null,
    );
  });

  test("replaces lists as a whole", () => {
    const policy = policyOf(extended({ schemes: ["api-key"], failures: [] }));
    expect(policy).toMatchObject({ schemes: ["api-key"], failures: [] });
  });

  test("goes through several definitions, the nearest first", () => {
    const policy = policyOf({
      slug: "far",
      extends: extended({ endpoints: [{ match: "/near" }], otherwise: "refuse" }),
      endpoints: [{ match: "/own" }],
    });
    expect(policy.endpoints.map(({ match }) => match)).toEqual([
      "/own",
      "/near",
      "GET /v2/users/**",
      "/v2/health",
    ]);
    expect(policy.otherwise).toBe("refuse");
  });

  test("takes a finished policy as a base, and as a definition", () => {
    const base = policyOf(BASE);
    expect(policyOf(base)).toEqual(base);
    expect(policyOf({ slug: "acme", extends: base })).toEqual(policyOf(extended()));
  });

  test("does not go round in circles", () => {
    const circle: { slug: string; extends?: ApiDefinition } = { slug: "a" };
    circle.extends = circle;
    expect(() => policyOf(circle)).toThrow("extends more than 8 definitions in a row");
  });
});

test("an API that is written out says the least it can", () => {
  const least = {
    slug: "least",
    renderer: "standard",
    schemes: ["api-key"],
    keyFormat: { live: "a_", test: "b_" },
    scopes: { "admin:all": "All" },
  };
  expect(policyOf(least)).toEqual({
    policyFormat: 1,
    ...least,
    keyFormat: { live: "a_", test: "b_", form: "checksummed" },
    bareKeys: false,
    hosts: [],
    scopes: { "admin:all": { title: "All", implies: [], impliesOnOwn: [] } },
    endpoints: [],
    otherwise: "authenticated",
    limits: {},
    failures: [{ name: "default", max: 60, windowSeconds: 60, blockSeconds: 0 }],
    version: null,
    requestIds: "accept",
    several: "refuse",
    tokens: { maxLifetimeSeconds: 86_400, skewSeconds: 30, audience: [] },
    signatures: { maxLifetimeSeconds: 60, skewSeconds: 5, oneTime: false },
    accountHeader: null,
    unscoped: [],
    plans: [],
    entitlements: {},
    keyExpiry: "instant",
    countersAway: "local",
    limitsShown: "counted",
    delegated: "any",
    platformSignups: "open",
    branding: null,
    signInUrl: null,
    returnUrls: [],
    verifiers: { limits: "local", staleSeconds: 0, holdSecrets: false },
    webhookFormat: "standard",
    leakedKeys: "revoke",
    limitNearPercent: 80,
    oauth: null,
  });
});

test("an endpoint says the least it can", () => {
  expect(policyOf(extended({ endpoints: [{ match: "/a" }] })).endpoints[0]).toEqual({
    match: "/a",
    anonymous: false,
    scopes: [],
    owner: null,
    accepts: [],
    context: "account",
    account: null,
    family: null,
  });
});

test("an API may say everything", () => {
  const all = {
    keyFormat: { form: "hex" },
    bareKeys: true,
    endpoints: [
      {
        match: "GET /orgs/{orgId}/**",
        anonymous: false,
        scopes: ["read:users"],
        owner: null,
        accepts: ["account", "user", "platform", "managed-user", "application", "anonymous"],
        context: "own",
        account: "orgId",
        family: "Orgs / Teams",
      },
    ],
    several: "first",
    tokens: { maxLifetimeSeconds: 1, skewSeconds: 0, audience: ["https://api.acme.com"] },
    signatures: { maxLifetimeSeconds: 31_536_000, skewSeconds: 300, oneTime: true },
    accountHeader: "x-acme-account",
    unscoped: ["api-key"],
    plans: ["FREE", "PRO (2026)"],
    entitlements: { team: { "": null, "Orgs / Teams": "FREE" }, platform: {} },
    keyExpiry: "day",
    countersAway: "closed",
    leakedKeys: "tell",
    limitNearPercent: 99,
    verifiers: { limits: "exact", staleSeconds: 3600, holdSecrets: true },
  } as const;
  const { keyFormat, endpoints, ...policy } = policyOf(extended(all));
  const { keyFormat: _format, endpoints: _endpoints, ...rest } = all;
  expect(policy).toMatchObject(rest);
  expect(keyFormat).toEqual({ live: "lk_live_", test: "lk_test_", form: "hex" });
  expect(endpoints[0]).toEqual(all.endpoints[0]);
});

test.each([
  ["slug", { slug: "Acme" }, 'slug: found "Acme"; expected a lower-case letter'],
  ["slug", { slug: "a".repeat(33) }, "slug: found"],
  ["slug", { slug: "v1" }, 'slug: "v1" is a path of Latchkey\'s own; choose another'],
  ["slug", { slug: undefined }, "slug: is missing; name the API"],
  ["slug", { slug: 7 }, "slug: found 7; expected a lower-case letter"],
  ...["http://acme.com/in", "https://acme.com/in#here", "javascript:alert(1)", "/in", ""].map(
    (signInUrl) => ["sign-in page", { signInUrl }, "signInUrl: found"] as [string, object, string],
  ),
  ["sign-in page", { signInUrl: "https://acme.com:65536/in" }, "signInUrl: found"],
  ["return URL", { returnUrls: ["https://*:65536", "https://*"] }, "returnUrls[0]: found"],
  ["return URL", { returnUrls: ["https://1.2.3.256"] }, "returnUrls[0]: found"],
  ["host", { hosts: ["API.acme.com"] }, 'hosts[0]: found "API.acme.com"; expected a host name'],
  ["host", { hosts: ["api.acme.com:443"] }, "hosts[0]: found"],
  ["host", { hosts: "api.acme.com" }, 'hosts: found "api.acme.com"; expected a list'],
  ["member", { endpoint: [] }, 'endpoint: is not known here; did you mean "endpoints"?'],
  ["member", { zzz: 1 }, "zzz: is not known here; expected one of slug, extends, hosts"],
  ["format", { policyFormat: 2 }, "policyFormat: found 2; this release reads 1"],
  ["scheme", { schemes: ["api-key", "api-key"] }, "schemes[1]: is listed twice"],
  ["key prefix", { keyFormat: { live: "1" } }, 'keyFormat.live: found "1"; expected a letter'],
  ["key prefix", { keyFormat: { live: "lk_test_" } }, 'keyFormat: has "lk_test_" for both modes'],
  ["scope", { scopes: { "a b": "A" } }, 'scopes["a b"]: found "a b"; expected a scope'],
  ["scope", { scopes: { "read:*": "A" } }, 'scopes["read:*"]: found "read:*"; expected a scope'],
  ["scope", { scopes: { a: "" } }, 'scopes.a: found ""; expected a line of 1 to 200 characters'],
  ["scope", { scopes: { a: {} } }, "scopes.a.title: found nothing; expected a line"],
  [
    "implied scope",
    { scopes: { a: { title: "A", implies: ["read:user"] } } },
    'scopes.a.implies[0]: "read:user" is not a scope of this API; did you mean "read:users"?',
  ],
  [
    "implied pattern",
    { scopes: { a: { title: "A", impliesOnOwn: ["raed:*"] } } },
    'scopes.a.impliesOnOwn[0]: "raed:*" stands for no scope of this API',
  ],
  [
    "implied pattern",
    { scopes: { a: { title: "A", implies: ["*:users"] } } },
    'scopes.a.implies[0]: found "*:users"; expected a scope, the beginning of some',
  ],
  [
    "endpoint's scope",
    { endpoints: [{ match: "/a" }, { match: "/b", scopes: ["read:users", "read:project"] }] },
    'endpoints[1].scopes[1]: "read:project" is not a scope of this API; did you mean "read:projec',
  ],
  [
    "endpoint's pattern",
    { endpoints: [{ match: "get /a" }] },
    'endpoints[0].match: "get /a" begins with "get", which is no method in upper case; did you mean',
  ],
  ["endpoint's pattern", { endpoints: [{}] }, "endpoints[0].match: found nothing"],
  ["endpoint", { endpoints: ["/a"] }, 'endpoints[0]: found "/a"; expected an object'],
  [
    "endpoint's owner",
    { endpoints: [{ match: "/users/{userId}", owner: "userid" }] },
    'endpoints[0].owner: "userid" is not a parameter of "/users/{userId}"; did you mean "userId"?',
  ],
  [
    "repeated pattern",
    { endpoints: [{ match: "/a" }, { match: "/a" }] },
    "endpoints[1].match: never matches: apis[0].endpoints[0] is the same pattern",
  ],
  [
    "anonymous endpoint with scopes",
    { endpoints: [{ match: "/a", anonymous: true, scopes: ["read:users"] }] },
    "endpoints[0]: is anonymous and asks for scopes",
  ],
  ["anonymous", { endpoints: [{ match: "/a", anonymous: "yes" }] }, "expected true or false"],
  ["default", { otherwise: "refused" }, 'otherwise: found "refused"; expected "authenticated" or'],
  ["kind of limit", { limits: { apikey: null } }, 'did you mean "apiKey"?'],
  [
    "window",
    { limits: { apiKey: { per: "credential", windows: ["5/sec"] } } },
    'limits.apiKey.windows[0]: "5/sec" has the unknown unit "sec"',
  ],
  [
    "subject",
    { limits: { apiKey: { per: "key", windows: ["5/second"] } } },
    'limits.apiKey.per: found "key"; expected "credential" or "token"',
  ],
  ["no windows", { limits: { apiKey: { per: "user", windows: [] } } }, "limits.apiKey.windows: "],
  ["failures", { failures: ["5/sec"] }, "failures[0]: "],
  ["version", { version: { header: "X-V" } }, 'version.header: found "X-V"'],
  ["version", { version: { default: "3.0" } }, 'version.default: "3.0" is not supported'],
  ["form of keys", { keyFormat: { form: "hexx" } }, 'keyFormat.form: found "hexx"; expected "che'],
  ["flag", { bareKeys: 1 }, "bareKeys: found 1; expected true or false"],
  ["precedence", { several: "last" }, 'several: found "last"; expected "refuse" or "first"'],
  ["expiry of keys", { keyExpiry: "week" }, 'keyExpiry: found "week"; expected "instant" or "day"'],
  ["mode", { leakedKeys: "ignore" }, 'leakedKeys: found "ignore"; expected "revoke" or "tell"'],
  ["percent", { limitNearPercent: 49 }, "limitNearPercent: found 49"],
  ["percent", { limitNearPercent: 100 }, "limitNearPercent: found 100"],
  ["mode", { countersAway: "off" }, 'countersAway: found "off"; expected "open" or "closed" or'],
  [
    "verifier's limits",
    { verifiers: { limits: "lent" } },
    'verifiers.limits: found "lent"; expected',
  ],
  [
    "verifier's stale time",
    { verifiers: { staleSeconds: 3601 } },
    "verifiers.staleSeconds: found 36",
  ],
  [
    "verifier's secrets",
    { verifiers: { holdSecrets: 1 } },
    "verifiers.holdSecrets: found 1; expec",
  ],
  ["header", { accountHeader: "X-Account" }, 'accountHeader: found "X-Account"; expected the name'],
  [
    "endpoint's kind",
    { endpoints: [{ match: "/a", accepts: ["user", "users"] }] },
    'endpoints[0].accepts[1]: found "users"; expected "account" or "user"',
  ],
  ["context", { endpoints: [{ match: "/a", context: "org" }] }, 'context: found "org"; expected'],
  [
    "endpoint's account",
    { endpoints: [{ match: "/orgs/{orgId}", account: "orgid" }] },
    'endpoints[0].account: "orgid" is not a parameter of "/orgs/{orgId}"; did you mean "orgId"?',
  ],
  ["family", { endpoints: [{ match: "/a", family: "" }] }, 'endpoints[0].family: found ""; expec'],
  ["lifetime", { tokens: { maxLifetimeSeconds: 0 } }, "tokens.maxLifetimeSeconds: found 0; expec"],
  ["lifetime", { tokens: { maxLifetimeSeconds: 31_536_001 } }, "an integer from 1 to 31536000"],
  ["lifetime", { signatures: { maxLifetimeSeconds: 1.5 } }, "signatures.maxLifetimeSeconds: foun"],
  ["skew", { tokens: { skewSeconds: -1 } }, "tokens.skewSeconds: found -1; expected an integer"],
  ["skew", { signatures: { skewSeconds: 301 } }, "signatures.skewSeconds: found 301; expected an"],
  ["member", { signatures: { onetime: true } }, 'onetime: is not known here; did you mean "oneTi'],
  ["audience", { tokens: { audience: "acme" } }, 'tokens.audience: found "acme"; expected a list'],
  ["one-time rule", { signatures: { oneTime: "yes" } }, "signatures.oneTime: found"],
  ["repeated scheme", { unscoped: ["api-key", "api-key"] }, "unscoped[1]: is listed twice"],
  ["repeated plan", { plans: ["FREE", "PRO", "FREE"] }, "plans[2]: is listed twice"],
  ["plan", { plans: [""] }, 'plans[0]: found ""; expected the name of a plan'],
  ["kind of account", { entitlements: { teams: {} } }, 'teams: is not known here; did you mean "t'],
  [
    "entitled family",
    { endpoints: [{ match: "/a", family: "Orgs" }], entitlements: { team: { Org: null } } },
    'entitlements.team.Org: "Org" is the family of no endpoint; did you mean "Orgs"?',
  ],
  [
    "entitled plan",
    { plans: ["FREE"], entitlements: { team: { "": "FREEE" } } },
    'entitlements.team[""]: "FREEE" is not a plan of this API; did you mean "FREE"?',
  ],
  ["oauth that nobody awaited", { oauth: Promise.resolve({}) }, "oauth: found a Promise; expected"],
  ["limits", { limits: new Map() }, "limits: found a Map; expected an object"],
  ["list of endpoints", { endpoints: new Set() }, "endpoints: found a Set; expected a list"],
  // biome-ignore lint/suspicious/noSparseArray: a comma too many is what it is about
  ["list with a gap", { endpoints: [{ match: "/a" }, , { match: "/b" }] }, "endpoints[1]: found n"],
  // biome-ignore lint/suspicious/noSparseArray: a comma too many is what it is about
  ["list of texts with a gap", { hosts: ["a.b", , "b.c"] }, "hosts[1]: found nothing; expected a"],
  ["base", { extends: 7 }, "extends: found 7; expected an object"],
  ["base", { extends: "standrad" }, 'extends: "standrad" is not a profile'],
])("a wrong %s is named: %j", (_what, changes, fault) => {
  expect(faultsOf(changes)).toContainEqual(expect.stringContaining(fault));
});

test("a part may be a whole module, or an object of a class", async () => {
  const url: string = "data:text/javascript,export const a = 'A'";
  const scopes = await import(url);
  const oauth = new (class {
    readonly refreshGraceSeconds = 5;
  })();
  expect(faultsOf({ scopes, oauth })).toEqual([]);
});

test("what a wrong base says is found in the base", () => {
  const base = { ...BASE, endpoints: [{ match: "/a", scopes: ["nope"] }] };
  expect(faultsOf({ extends: base })).toEqual([
    'extends.endpoints[0].scopes[0]: "nope" is not a scope of this API',
  ]);
});

test("an API without a base must say what has no default", () => {
  expect(() => readPolicies({ apis: [{ slug: "acme" }] })).toThrow(
    /apis\[0\]\.renderer: .*\n.*schemes: .*\n.*keyFormat\.live: .*\n.*keyFormat\.test: [^\n]*$/,
  );
});

test("a base that is undefined, as a mistyped profile is, is named before what it lacks", () => {
  expect(faultsOf({ extends: undefined }).map((fault) => fault.split(";")[0])).toEqual([
    "extends: found undefined",
    "renderer: is missing",
    "schemes: is missing",
    "keyFormat.live: is missing",
    "keyFormat.test: is missing",
  ]);
});

test("names that Latchkey does not have are named", () => {
  const known = { schemes: ["api-key"], renderers: ["standards"], profiles: { standard: BASE } };
  expect(() => readPolicies({ apis: [extended({ schemes: ["api-kye"] })] }, known)).toThrow(
    new PolicyError([
      { path: "apis[0].schemes[0]", text: '"api-kye" is not a scheme; did you mean "api-key"?' },
      {
        path: "apis[0].renderer",
        text: '"standard" is not a renderer; did you mean "standards"?',
      },
    ]),
  );
  expect(() => readPolicies({ apis: [extended({ unscoped: ["acces-token"] })] }, known)).toThrow(
    'unscoped[0]: "acces-token" is not a scheme; expected api-key',
  );
  expect(() => readPolicies({ apis: [{ slug: "a", extends: "standrad" }] }, known)).toThrow(
    'apis[0].extends: "standrad" is not a profile; did you mean "standard"?',
  );
});

test("two APIs may not share a slug or a host", () => {
  const apis = [extended({ hosts: ["a.com"] }), extended({ hosts: ["b.com", "a.com"] })];
  expect(() => readPolicies({ apis })).toThrow(
    new PolicyError([
      { path: "apis[1].slug", text: '"acme" is taken by apis[0].slug' },
      { path: "apis[1].hosts[1]", text: '"a.com" is taken by apis[0].hosts[0]' },
    ]),
  );
});

test.each([
  [undefined, "the policy: found nothing; expected an object"],
  [null, "the policy: found null; expected an object"],
  [[BASE], "the policy: found ["],
  [{}, "apis: found nothing; expected a list"],
  [{ apis: [] }, "apis: has no API"],
  [{ apis: {} }, "apis: found {}; expected a list"],
  [{ apis: [null] }, "apis[0]: found null; expected an object"],
  [{ apis: new Array(2) }, "apis[0]: found nothing; expected an object"],
  [{ api: [] }, 'the policy.api: is not known here; did you mean "apis"?'],
])("a file that exports %j is refused", (exported, message) => {
  expect(() => readPolicies(exported, { file: "latchkey.config.ts" })).toThrow(
    `latchkey.config.ts: ${message}`,
  );
});

test("all problems are told at once, each with the file, up to 20", () => {
  const endpoints = Array.from({ length: 25 }, (_, i) => ({ match: `/${i}`, scopes: ["nope"] }));
  const error = caught(() => readPolicies({ apis: [extended({ endpoints })] }, { file: "x.json" }));
  const lines = error.message.split("\n");
  expect(lines).toHaveLength(21);
  expect(lines[0]).toBe(
    'x.json: apis[0].endpoints[0].scopes[0]: "nope" is not a scope of this API',
  );
  expect(lines[20]).toBe("x.json: and 5 more");
  expect(error.problems).toHaveLength(25);
});

test.each([
  ["endpoints", 1000, { endpoints: aList(1000, (i) => ({ match: `/x/${i}` })) }],
  ["endpoints", 999, { endpoints: aList(999, (i) => ({ match: `/x/${i}` })) }],
  [
    "endpoints",
    1001,
    { extends: undefined, endpoints: aList(1001, (i) => ({ match: `/x/${i}` })) },
  ],
  ["scopes", 498, { scopes: Object.fromEntries(aList(498, (i) => [`x:${i}`, "X"])) }],
])(
  "at most 1000 endpoints and 500 scopes, the base's included: %s, %i",
  (member, count, changes) => {
    const faults = faultsOf(changes).filter((fault) => fault.startsWith(`${member}: `));
    expect(faults).toEqual([expect.stringContaining("at most")]);
    expect(count).toBeGreaterThan(0);
  },
);

test("exactly 1000 endpoints and 500 scopes are taken", () => {
  const endpoints = aList(998, (i) => ({ match: `/x/${i}` }));
  const scopes = Object.fromEntries(aList(497, (i) => [`x:${i}`, "X"]));
  expect(policyOf(extended({ endpoints, scopes })).endpoints).toHaveLength(1000);
});

test("names of Object's own members are names like others", () => {
  const exported = JSON.parse('{"apis":[{"slug":"a","extends":"constructor","__proto__":{}}]}');
  const { problems } = caught(() => readPolicies(exported, { profiles: { standard: BASE } }));
  expect(problems.map(({ path }) => path)).toContain("apis[0].extends");
  expect(problems.map(({ path }) => path)).toContain("apis[0].__proto__");
  const scopes = { constructor: "A", toString: "B" };
  expect(Object.keys(policyOf(extended({ scopes })).scopes)).toContain("toString");
});

function aList<T>(length: number, make: (i: number) => T): T[] {
  return Array.from({ length }, (_, i) => make(i));
}

function caught(run: () => unknown): PolicyError {
  try {
    run();
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
