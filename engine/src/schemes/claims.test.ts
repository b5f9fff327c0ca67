import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { PresentedHeaders } from "../domain/presented-headers.ts";
import { beginningOf } from "../domain/presented-secret.ts";
import type { Policy } from "../policy/policy.ts";
import { policyOf } from "../policy/validate.ts";
import { profiles } from "../profiles/index.ts";
import { createClaimant } from "../steps/claimant.ts";
import { aToken } from "../testing/world.ts";
import { keyOutlines, newKey } from "../tokens/key-format.ts";
import { SCHEMES } from "./index.ts";
import type { ClaimContext } from "./scheme.ts";

// The form of what a request carries must leave no doubt whose it is.

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** What a request of each scheme carries, in an API whose keys look like this one. */
function samples(
  key: string,
  tokenPrefix: string,
): Readonly<Record<string, readonly Record<string, string>[]>> {
  const signature = aToken({ key, exp: 1 }, "secret");
  return {
    "api-key": [bearer(key), { authorization: `bearer  ${key}` }],
    "customer-jwt": [
      bearer(aToken({ sub: "user_1" }, privateKey, { kid: "kid_1" })),
      bearer(aToken({ sub: "user_1" }, privateKey)),
    ],
    "shared-secret-jwt": [bearer(aToken({ iss: "me" }, "secret"))],
    "signed-request": [
      { "x-api-key": key },
      { "x-api-key": key, "x-signature": signature },
      { "x-api-key": key, "x-app-key": "app", "x-app-signature": signature },
      { "x-signature": signature },
    ],
    "client-secret-headers": [
      { "x-cal-client-id": "app_1", "x-cal-secret-key": "secret" },
      { "x-cal-client-id": "app_1" },
      { "x-cal-secret-key": "secret" },
    ],
    "access-token": [bearer(`${tokenPrefix}an opaque token`), bearer(`${tokenPrefix}x`)],
    anonymous: [{}],
  };
}

const ROWS = Object.entries(profiles).flatMap(([name, profile]) => {
  const policy = policyOf(profile);
  const { key } = newKey(policy.keyFormat, "live");
  return policy.schemes.flatMap((scheme) =>
    (samples(key, policy.oauth?.accessTokenPrefix ?? "")[scheme] ?? []).map((headers) => ({
      name,
      policy,
      scheme,
      headers,
    })),
  );
});

test("every scheme of every profile has its samples", () => {
  const tried = new Set(ROWS.map(({ name, scheme }) => `${name} ${scheme}`));
  const named = Object.values(profiles).flatMap((profile) =>
    policyOf(profile).schemes.map((scheme) => `${profile.slug} ${scheme}`),
  );
  expect([...tried].sort()).toEqual(named.sort());
});

/** The schemes of a policy, its headers read, and what a scheme may know when it looks at them. */
function lookAt(policy: Policy, headers: Record<string, string>) {
  const schemes = policy.schemes.flatMap((each) => SCHEMES.filter(({ name }) => name === each));
  const names = [...new Set(schemes.flatMap((each) => each.headers))];
  const presented = new PresentedHeaders(names, [], { bareKeys: policy.bareKeys });
  expect(presented.read(Object.entries(headers).flat())).toBeUndefined();
  const context: ClaimContext = {
    keyOutlines: keyOutlines(policy.keyFormat),
    accessTokenPrefix: beginningOf(policy.oauth?.accessTokenPrefix ?? ""),
    issuesTokens: policy.schemes.includes("access-token"),
    clientParameter: undefined,
    tokens: undefined,
  };
  return { schemes, presented, context };
}

test.each(ROWS)("$name: what $scheme sends is its own: %#", ({ policy, scheme, headers }) => {
  const { schemes, presented, context } = lookAt(policy, headers);
  const claimants = schemes.filter((each) => each.claims(presented, context));
  expect(claimants.map((each) => each.name)).toEqual([scheme]);
  expect(createClaimant(schemes, presented, context, policy.several)()).toBe(claimants[0]);
});

test("no scheme claims what it is not asked about, whatever the secret", () => {
  const beginning = fc.constantFrom(
    ...["", "lk_live_", "lk_test_", "lk_at_", "lk_", "eyJ", "ey", "cal_", "cal_live_", "l\0_live"],
  );
  const form = fc.constantFrom("Bearer ", "DPoP ", "Basic ", "");
  fc.assert(
    fc.property(fc.constantFrom(...ROWS), form, beginning, fc.string(), (row, type, start, end) => {
      for (const authorization of [`${type}${start}${end}`, ...Object.values(row.headers)]) {
        const { schemes, presented, context } = lookAt(row.policy, { authorization });
        const claimants = schemes.filter((each) => each.claims(presented, context));
        const found = claimants.length > 1 ? "several" : claimants[0];
        const first = createClaimant(schemes, presented, context, "first");
        expect(createClaimant(schemes, presented, context, "refuse")()).toBe(found);
        expect(first()).toBe(claimants[0]);
      }
    }),
  );
});
