import fc from "fast-check";
import { expect, test } from "vitest";
import type { CredentialState } from "../domain/credential.ts";
import { ACCOUNT, aCredential } from "../testing/known-key.ts";
import { KnownCredentials } from "./known-credentials.ts";

const token = { kind: "application", grantId: null, boundKey: null, origins: null } as const;

/** All that may set a credential apart, each alone or with others. */
const STATE = fc.record({
  userId: fc.constantFrom(null, "user_1"),
  scopes: fc.constantFrom([], ["read"]),
  revokedAt: fc.constantFrom(null, 1),
  rotatedAt: fc.constantFrom(null, 1),
  generation: fc.constantFrom(1, 2),
  applicationId: fc.constantFrom(null, "app_1", "app_2"),
});
const OF_TOKEN = fc.constantFrom({}, { token }, { token: { ...token, boundKey: "thumbprint" } });

const CHANGE = fc.record({
  n: fc.nat(5),
  state: fc.tuple(STATE, OF_TOKEN).map(([state, ofToken]) => ({ ...state, ...ofToken })),
  isLearnt: fc.boolean(),
});

test("whatever was learnt, changed and forgotten, each credential is as it was told last", () => {
  fc.assert(
    fc.property(fc.array(CHANGE, { maxLength: 40 }), (changes) => {
      const known = new KnownCredentials({
        capacity: 4,
        authorityOf: ({ scheme, signing, scopes }) => ({ scheme, signing, scopes }),
      });
      const told = new Map<number, CredentialState>();
      for (const { n, state, isLearnt } of changes) {
        const credential = aCredential({ id: `key_${n}`, ...state });
        if (isLearnt) known.learn(digestOf(n), credential, { account: ACCOUNT, proof: undefined });
        else known.applyCredential(credential);
        if (isLearnt || known.has(digestOf(n))) told.set(n, credential);
        for (const [each, { generation, ...last }] of told) {
          const found = known.find(last.scheme, digestOf(each));
          // Forgotten, or to be asked about anew.
          if (found === undefined) continue;
          const { id, userId, revokedAt, rotatedAt, scopes, applicationId } = last;
          expect(found).toMatchObject({ id, userId, revoked: revokedAt !== null });
          expect(found.authority.scopes).toEqual(scopes);
          expect(found.more).toMatchObject({ applicationId, token: last.token, generation });
          expect(found.more.rotation?.rotatedAt ?? null).toBe(rotatedAt);
        }
      }
      expect(known.size).toBeLessThanOrEqual(4);
    }),
  );
});

function digestOf(n: number): Int32Array {
  return new Int32Array(8).fill(n + 1);
}
