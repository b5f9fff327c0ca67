import { expect, test } from "vitest";
import type { CredentialState } from "../domain/credential.ts";
import { aCredential } from "../testing/known-key.ts";
import { alikeBy, moreOf, PLAIN } from "./more-of-credential.ts";

const KEY = aCredential();
const token = { kind: "user", grantId: "gnt_1", boundKey: null, origins: null } as const;
const TOKEN: CredentialState = { ...KEY, scheme: "access-token", applicationId: "app_1", token };

test("a plain key has nothing of its own, and tokens of one application are alike", () => {
  expect(moreOf(KEY, undefined)).toBe(PLAIN);
  const one = moreOf(TOKEN, undefined);
  expect(one).toMatchObject({ applicationId: "app_1", token: { kind: "user" } });
  const other = { ...TOKEN, id: "tok_2", token: { ...token, grantId: "gnt_2" } };
  expect(alikeBy(one)).toBeTypeOf("string");
  expect(alikeBy(moreOf(other, undefined))).toBe(alikeBy(one));
  expect(alikeBy(PLAIN)).not.toBe(alikeBy(one));
});

test.each<[string, Partial<CredentialState>]>([
  ["another application", { applicationId: "app_2" }],
  ["another kind", { token: { ...token, kind: "managed-user" } }],
  ["other origins", { token: { ...token, origins: ["https://a.example"] } }],
  ["a key", { token: { ...token, boundKey: "thumbprint" } }],
  ["a successor", { rotatedAt: 1 }],
  ["another generation", { generation: 2 }],
])("a token with %s is not alike", (_what, change) => {
  const { applicationId, token: state, rotatedAt, generation } = { ...TOKEN, ...change };
  const more = moreOf({ ...TOKEN, ...change }, undefined);
  expect(alikeBy(more)).not.toBe(alikeBy(moreOf(TOKEN, undefined)));
  expect(more).toMatchObject({ applicationId, token: state, generation });
  expect(more.rotation?.rotatedAt ?? null).toBe(rotatedAt);
});
