import { expect, test } from "vitest";
import { toApplication } from "./application-rows.ts";

const ROW = {
  ...{ api: "standard", id: "app_1", account_id: "acct_1", name: "Partner", kind: "oauth" },
  ...{ redirect_uris: "[]", scopes: "[]", permissions: "[]", access_token_format: "opaque" },
  ...{ status: "verified", logo: null, home_page: null, created_at: 0, deleted_at: null },
};

test.each([
  ["public", {}, "required"],
  ["confidential", {}, "optional"],
  ["confidential", { pkce: "required" }, "required"],
])("a %s application with settings %j has PKCE %s", (type, more, pkce) => {
  const settings = JSON.stringify({ areEmailsEnabled: false, ...more });
  const application = { ...ROW, type, settings };
  const read = toApplication({ application, credential: { material: null } });
  expect(read.pkce).toBe(pkce);
  // What the API wants to know is its own.
  expect(read.settings).toEqual({ areEmailsEnabled: false });
});
