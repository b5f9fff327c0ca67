import { expect, test } from "vitest";
import { SCHEMES } from "../schemes/index.ts";
import { PolicyError } from "./policy-error.ts";
import { readPolicies } from "./validate.ts";

function faultsOf(changes: object): readonly string[] {
  const base = {
    slug: "acme",
    renderer: "standard",
    schemes: ["api-key"],
    keyFormat: { live: "lk_live_", test: "lk_test_" },
  };
  try {
    readPolicies({ apis: [{ ...base, ...changes }] });
  } catch (error) {
    if (error instanceof PolicyError) return error.problems.map(({ path }) => path);
    throw error;
  }
  return [];
}

const versionIn = (header: string) => ({ version: { header, supported: ["1"], default: "1" } });

test.each(["x-acme-account", "acme-version", "account"])("%s is taken", (name) => {
  expect(faultsOf({ accountHeader: name })).toEqual([]);
  expect(faultsOf(versionIn(name))).toEqual([]);
});

test.each([
  ...new Set(SCHEMES.flatMap(({ headers }) => headers)),
  ...["cookie", "proxy-authorization", "x-latchkey-token"],
])("%s, which carries a credential, names neither an account nor a version", (name) => {
  expect(faultsOf({ accountHeader: name })).toEqual(["apis[0].accountHeader"]);
  expect(faultsOf(versionIn(name))).toEqual(["apis[0].version.header"]);
});

test.each(["connection", "host", "content-length", "transfer-encoding", "te", "upgrade"])(
  "%s, which is about the connection or the message, names neither",
  (name) => {
    expect(faultsOf({ accountHeader: name })).toEqual(["apis[0].accountHeader"]);
    expect(faultsOf(versionIn(name))).toEqual(["apis[0].version.header"]);
  },
);

test("one header does not name both an account and a version, whichever definition says which", () => {
  const both = { accountHeader: "x-acme", ...versionIn("x-acme") };
  expect(faultsOf(both)).toEqual(["apis[0].accountHeader"]);
  expect(faultsOf({ slug: "child", extends: both })).toEqual(["apis[0].accountHeader"]);
  expect(faultsOf({ extends: both, accountHeader: "x-acme-account" })).toEqual([]);
});
