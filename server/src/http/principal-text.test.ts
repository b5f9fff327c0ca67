import type { Principal } from "@latchkey/engine";
import fc from "fast-check";
import { expect, test } from "vitest";
import { principalMember } from "./principal-text.ts";

const READ: readonly string[] = ["read:users"];
const ACTOR = { kind: "platform", id: "acct_1" } as const;

/** Of every member two values, so that a new one cannot be forgotten here. */
const VALUES: { readonly [Name in keyof Principal]: readonly Principal[Name][] } = {
  kind: ["account", "user"],
  accountId: ["acct_1", null],
  userId: [null, "user_1"],
  subject: [null, 'a "subject" \ud800'],
  applicationId: [null, "app_1"],
  actor: [null, ACTOR, { ...ACTOR }, { ...ACTOR, kind: "application" }],
  scopes: [READ, [...READ], ["read:users", "é"], []],
  plan: [null, "TEAM", "x".repeat(2000)],
  mode: ["live", "test"],
  credentialId: ["key_1", "key_2", null, "", "é", "1key", "2key"],
  scheme: ["api-key", "access-token"],
};

const principal = fc.record(
  Object.fromEntries(
    Object.entries(VALUES).map(([name, values]) => [name, fc.constantFrom<unknown>(...values)]),
  ),
) as unknown as fc.Arbitrary<Principal>;

function expectWritten(drawn: Principal): void {
  expect(principalMember(drawn)).toBe(`,"principal":${JSON.stringify(drawn)}`);
}

test("writes each principal as JSON.stringify does, whichever came before", () => {
  fc.assert(
    fc.property(fc.array(principal, { maxLength: 20 }), (all) => all.forEach(expectWritten)),
  );
});

const USUAL: Principal = {
  kind: "account",
  accountId: "acct_1",
  userId: null,
  subject: null,
  applicationId: null,
  actor: null,
  scopes: READ,
  plan: null,
  mode: "live",
  credentialId: "key_1",
  scheme: "api-key",
};

test.each(Object.keys(VALUES) as (keyof Principal)[])("sees that another %s is another", (name) => {
  const all = VALUES[name].map((value) => ({ ...USUAL, [name]: value }));
  for (const one of all) {
    for (const other of all) [one, other, one].forEach(expectWritten);
  }
});

test("keeps none that is long, and gives the same again after one", () => {
  expectWritten(USUAL);
  expectWritten({ ...USUAL, plan: "x".repeat(2000) });
  expectWritten({ ...USUAL });
});
