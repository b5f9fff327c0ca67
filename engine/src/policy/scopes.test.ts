import { expect, test } from "vitest";
import { satisfies, satisfiesOnOwn } from "../domain/scope.ts";
import type { ScopeRule } from "./policy.ts";
import { PolicyError } from "./policy-error.ts";
import { compileScopes } from "./scopes.ts";

function aScope(rule: Partial<ScopeRule> = {}): ScopeRule {
  return { title: "A scope", implies: [], impliesOnOwn: [], ...rule };
}

const SCOPES = compileScopes({
  "read:users": aScope(),
  "write:users": aScope(),
  "delete:users": aScope(),
  "read:projects": aScope(),
  "write:projects": aScope(),
  "read:all": aScope({ implies: ["read:*"] }),
  "write:own": aScope({ impliesOnOwn: ["write:*"] }),
  "admin:all": aScope({ implies: ["*"] }),
  "team:lead": aScope({ implies: ["team:write"] }),
  "team:write": aScope({ implies: ["team:read"], impliesOnOwn: ["delete:users"] }),
  "team:read": aScope(),
});

test.each([
  [["read:users"], ["read:users"], true, true],
  [["read:users"], [], true, true],
  [[], [], true, true],
  [[], ["read:users"], false, false],
  [["read:users", "write:users"], ["read:users", "write:users"], true, true],
  [["read:users"], ["read:users", "write:users"], false, false],
  [["write:users"], ["read:users"], false, false],
  [["read:users"], ["read:projects"], false, false],
  [["admin:all"], ["delete:users", "read:projects"], true, true],
  [["read:all"], ["read:users", "read:projects"], true, true],
  [["read:all"], ["write:users"], false, false],
  [["write:own"], ["write:users"], false, true],
  [["write:own"], ["write:users", "write:projects"], false, true],
  [["write:own"], ["read:users"], false, false],
  [["write:own"], ["delete:users"], false, false],
  [["write:own", "read:all"], ["write:users", "read:users"], false, true],
  [["team:lead"], ["team:read"], true, true],
  [["team:read"], ["team:write"], false, false],
  [["team:lead"], ["delete:users"], false, true],
  [["READ:users"], ["read:users"], false, false],
  [["read:*"], ["read:users"], false, false],
  [["*"], ["read:users"], false, false],
  [["nobody:knows", "read:users"], ["read:users"], true, true],
])("%j against %j: everywhere %s, on one's own %s", (held, needed, everywhere, onOwn) => {
  const set = SCOPES.set(held);
  expect(satisfies(set, SCOPES.needed(needed))).toBe(everywhere);
  expect(satisfiesOnOwn(set, SCOPES.needed(needed))).toBe(onOwn);
});

test("keeps names as they were given, unknown ones too", () => {
  expect(SCOPES.set(["write:users", "nobody:knows", "read:users"]).names).toEqual([
    "write:users",
    "nobody:knows",
    "read:users",
  ]);
});

test("gives equal lists the same set", () => {
  expect(SCOPES.set(["read:users", "x"])).toBe(SCOPES.set(["read:users", "x"]));
});

test.each([[['a","b']], [["a,b"]], [["a b"]], [["a\u0000b"]], [["a\nb"]]])(
  "never takes the strange list %j for a list of two",
  (strange) => {
    const scopes = compileScopes({ a: aScope(), b: aScope() });
    scopes.set(["a", "b"]);
    expect(satisfies(scopes.set(strange), scopes.needed(["a"]))).toBe(false);
  },
);

test("is not changed by a caller who changes the list afterwards", () => {
  const held = ["read:users", "only:here"];
  const set = SCOPES.set(held);
  held[0] = "admin:all";
  expect(set.names).toEqual(["read:users", "only:here"]);
});

test.each([1, 31, 32, 33, 64, 65, 500])("tells the last of %i scopes from all others", (count) => {
  const names = Array.from({ length: count }, (_, i) => `scope:${i}`);
  const scopes = compileScopes(Object.fromEntries(names.map((name) => [name, aScope()])));
  const last = `scope:${count - 1}`;
  for (const name of names) {
    expect(satisfies(scopes.set([name]), scopes.needed([last]))).toBe(name === last);
  }
  expect(satisfies(scopes.set(names), scopes.needed(names))).toBe(true);
});

test("refuses to need a scope that the policy does not have, and says where", () => {
  expect(() => SCOPES.needed(["read:users", "read:project"], "endpoints[3].scopes")).toThrow(
    new PolicyError([
      {
        path: "endpoints[3].scopes[1]",
        text: '"read:project" is not a scope of this API; did you mean "read:projects"?',
      },
    ]),
  );
});

test("implications in a circle end", () => {
  const scopes = compileScopes({ a: aScope({ implies: ["b"] }), b: aScope({ implies: ["a"] }) });
  expect(satisfies(scopes.set(["b"]), scopes.needed(["a"]))).toBe(true);
});
