import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { requirementFor } from "../testing/requirement-for.ts";
import { compileMatcher, type Matcher, ownerOf } from "./match.ts";
import type { EndpointRule, Policy } from "./policy.ts";
import { PolicyError } from "./policy-error.ts";
import { compileScopes } from "./scopes.ts";

const SCOPES = compileScopes({ "write:users": { title: "", implies: [], impliesOnOwn: [] } });

function aRule(match: string, rule: Partial<EndpointRule> = {}): EndpointRule {
  return {
    match,
    anonymous: false,
    scopes: [],
    owner: null,
    accepts: [],
    context: "account",
    account: null,
    family: null,
    ...rule,
  };
}

function asked(matcher: Matcher, method: string, path: string) {
  return requirementFor(matcher, method, encodeURI(path)).requirement;
}

function aMatcher(patterns: readonly string[], otherwise: Policy["otherwise"] = "refuse") {
  return compileMatcher({ endpoints: patterns.map((match) => aRule(match)), otherwise }, SCOPES);
}

describe("one pattern", () => {
  test.each([
    ["GET /v2/users", "GET", "/v2/users", true],
    ["GET /v2/users", "HEAD", "/v2/users", true],
    ["GET /v2/users", "POST", "/v2/users", false],
    ["GET /v2/users", "get", "/v2/users", true],
    ["GET /v2/users", "Head", "/v2/users", true],
    ["DELETE /v2/users", "delete", "/v2/users", true],
    ["POST /v2/users", "HEAD", "/v2/users", false],
    ["/v2/users", "PROPFIND", "/v2/users", true],
    ["GET /v2/users", "GET", "/v2/Users", false],
    ["GET /v2/users", "GET", "/v2/user", false],
    ["GET /v2/users", "GET", "/v2/users2", false],
    ["GET /v2/users", "GET", "/v2/users/1", false],
    ["GET /v2/users", "GET", "/v2", false],
    ["GET /v2/users/", "GET", "/v2/users", true],
    ["GET /v2/users/{userId}", "GET", "/v2/users/42", true],
    ["GET /v2/users/{userId}", "GET", "/v2/users", false],
    ["GET /v2/users/{userId}", "GET", "/v2/users/42/x", false],
    ["GET /v2/*/x", "GET", "/v2/users/x", true],
    ["GET /v2/*/x", "GET", "/v2/x", false],
    ["GET /v2/projects/**", "GET", "/v2/projects", true],
    ["GET /v2/projects/**", "GET", "/v2/projects/1", true],
    ["GET /v2/projects/**", "GET", "/v2/projects/1/2/3", true],
    ["GET /v2/projects/**", "GET", "/v2/projectsx", false],
    ["GET /v2/projects/**", "GET", "/v2", false],
    ["/**", "GET", "/", true],
    ["/**", "GET", "/a/b", true],
    ["/", "GET", "/", true],
    ["/", "GET", "/a", false],
    ["/*", "GET", "/", false],
    ["/*", "GET", "/a", true],
    ["/café/x", "GET", "/café/x", true],
    ["/v2/users:search", "GET", "/v2/users:search", true],
  ])("%s takes %s %s: %s", (pattern, method, path, taken) => {
    expect(asked(aMatcher([pattern]), method, path)?.match).toBe(taken ? pattern : undefined);
  });
});

describe("several patterns", () => {
  test.each([
    [["GET /a/**", "GET /a/b"], "/a/b", "GET /a/**"],
    [["GET /a/b", "GET /a/**"], "/a/b", "GET /a/b"],
    [["GET /a/{x}", "GET /a/b"], "/a/b", "GET /a/{x}"],
    [["GET /a/b", "GET /a/{x}"], "/a/b", "GET /a/b"],
    [["GET /a/b/c", "GET /a/{x}/d"], "/a/b/d", "GET /a/{x}/d"],
    [["GET /a/{x}/d", "GET /a/b/**"], "/a/b/d", "GET /a/{x}/d"],
    [["GET /*/b/c", "GET /a/**", "GET /a/b/c"], "/a/b/c", "GET /*/b/c"],
    [["/a", "GET /a"], "/a", "/a"],
    [["POST /a", "/a", "GET /a"], "/a", "/a"],
    [["GET /a", "GET /a"], "/a", "GET /a"],
  ])("of %j, %s is taken by %s", (patterns, path, winner) => {
    expect(asked(aMatcher(patterns), "GET", path)?.match).toBe(winner);
  });
});

describe("no pattern", () => {
  test("asks for a credential where the policy's default is that", () => {
    expect(asked(aMatcher(["GET /a"], "authenticated"), "GET", "/b")).toMatchObject({
      match: "*",
      anonymous: false,
      scopes: [],
      owner: null,
    });
  });

  test("asks for nothing where the default is anonymous", () => {
    expect(asked(aMatcher([], "anonymous"), "GET", "/b")).toMatchObject({ anonymous: true });
  });

  test("answers nothing where the default is to refuse", () => {
    expect(asked(aMatcher([]), "GET", "/b")).toBeUndefined();
  });
});

describe("the owner", () => {
  const matcher = compileMatcher(
    {
      endpoints: [
        aRule("/v2/users/{userId}", { scopes: ["write:users"], owner: "userId" }),
        aRule("/{userId}/**", { owner: "userId" }),
        aRule("/"),
      ],
      otherwise: "refuse",
    },
    SCOPES,
  );

  test.each([
    ["/v2/users/42", "42"],
    ["/v2/users/a b", "a b"],
    ["/42", "42"],
    ["/42/x/y", "42"],
    ["/", undefined],
  ])("of %s is %s", (target, owner) => {
    const { requirement, path } = requirementFor(matcher, "GET", encodeURI(target));
    expect(requirement && ownerOf(requirement, path)).toBe(owner);
  });

  test("must be a parameter of the pattern", () => {
    const endpoints = [aRule("/a"), aRule("/v2/users/{userId}", { owner: "id" })];
    expect(() => compileMatcher({ endpoints, otherwise: "refuse" }, SCOPES)).toThrow(
      'endpoints[1].owner: "id" is not a parameter of "/v2/users/{userId}"',
    );
  });
});

describe("what else a pattern says", () => {
  const matcher = compileMatcher(
    {
      endpoints: [
        aRule("/v2/organizations/{orgId}/clients/{clientId}", {
          account: "orgId",
          accepts: ["platform"],
          context: "own",
          family: "Orgs",
        }),
        aRule("/v2/oauth-clients/{clientId}/**"),
      ],
      otherwise: "authenticated",
    },
    SCOPES,
  );

  test.each([
    ["/v2/organizations/acct_1/clients/app_1", "acct_1", "app_1"],
    ["/v2/oauth-clients/app_2/users", undefined, "app_2"],
    ["/v2/oauth-clients/a b", undefined, "a b"],
    ["/v2/other/app_3", undefined, undefined],
  ])("of %s the account is %s and the client %s", (target, account, client) => {
    const { requirement, path } = requirementFor(matcher, "GET", encodeURI(target));
    expect(requirement && path.segment(requirement.accountSegment)).toBe(account);
    expect(requirement && path.segment(requirement.clientSegment)).toBe(client);
  });

  test("is in the requirement as it was given, and else its default", () => {
    expect(asked(matcher, "GET", "/v2/organizations/x/clients/y")).toMatchObject({
      accepts: ["platform"],
      context: "own",
      account: "orgId",
      family: "Orgs",
    });
    expect(asked(matcher, "GET", "/elsewhere")).toMatchObject({
      accepts: [],
      context: "account",
      account: null,
      family: null,
    });
  });

  test("names an account that is a parameter of the pattern", () => {
    const endpoints = [aRule("/v2/organizations/{orgId}", { account: "org" })];
    expect(() => compileMatcher({ endpoints, otherwise: "refuse" }, SCOPES)).toThrow(
      'endpoints[0].account: "org" is not a parameter of "/v2/organizations/{orgId}"',
    );
  });
});

test("refuses a pattern that is none, and says where", () => {
  expect(() => aMatcher(["/a", "/b?"])).toThrow(
    new PolicyError([
      { path: "endpoints[1].match", text: '"/b?" has a query or fragment; only paths are matched' },
    ]),
  );
});

test("names the rule whose scope the policy does not have", () => {
  const endpoints = [aRule("/a", { scopes: ["write:user"] })];
  expect(() => compileMatcher({ endpoints, otherwise: "refuse" }, SCOPES)).toThrow(
    'endpoints[0].scopes[0]: "write:user" is not a scope of this API; did you mean "write:users"?',
  );
});

test("agrees with patterns that are split and tried one after the other", () => {
  const segment = fc.constantFrom("a", "b", "ab", "*", "{x}");
  const pattern = fc
    .record({
      method: fc.constantFrom("", "GET ", "POST "),
      segments: fc.array(segment, { maxLength: 4 }),
      rest: fc.boolean(),
    })
    .map(({ method, segments, rest }) => {
      // A name may stand in a pattern once.
      const named = segments.map((text, i) => (text === "{x}" ? `{x${i}}` : text));
      return `${method}/${[...named, ...(rest ? ["**"] : [])].join("/")}`;
    });
  const path = fc
    .array(fc.constantFrom("a", "b", "ab", "abc", "c"), { maxLength: 5 })
    .map((segments) => `/${segments.join("/")}`);
  const method = fc.constantFrom("GET", "HEAD", "POST", "PUT");

  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 12 }), method, path, (patterns, method, target) => {
      const endpoints = patterns.map((match, i) => aRule(match, { anonymous: i % 2 === 0 }));
      const matcher = compileMatcher({ endpoints, otherwise: "refuse" }, SCOPES);
      const expected = patterns.findIndex((each) => slowly(each, method, target));
      const found = asked(matcher, method, target);
      expect(found?.match).toBe(patterns[expected]);
      expect(found?.anonymous).toBe(expected === -1 ? undefined : expected % 2 === 0);
    }),
    { numRuns: 3000 },
  );
});

function slowly(pattern: string, method: string, path: string): boolean {
  const [first = "", second] = pattern.split(" ");
  const asked = method === "HEAD" ? "GET" : method;
  if (second !== undefined && first !== asked) return false;
  const wanted = (second ?? first).split("/").filter((text) => text !== "");
  const given = path.split("/").filter((text) => text !== "");
  const rest = wanted.at(-1) === "**";
  if (rest) wanted.pop();
  if (rest ? given.length < wanted.length : given.length !== wanted.length) return false;
  return wanted.every((text, i) => text === "*" || text.startsWith("{") || text === given[i]);
}
