import { expect, test } from "vitest";
import { createHostBinding } from "./hosts.ts";

const bind = createHostBinding([
  { slug: "acme", hosts: ["api.acme.com", "api.acme.dev"] },
  { slug: "other", hosts: [] },
]);

test.each([
  ["api.acme.com", "/v2/users?x=1", "/acme/v2/users?x=1"],
  ["API.ACME.COM", "/", "/acme/"],
  ["api.acme.dev:8443", "/v2", "/acme/v2"],
  ["api.acme.com.", "/v2", "/acme/v2"],
  // What other hosts serve at these paths is not served here.
  ["api.acme.com", "/v1/apis", "/acme/v1/apis"],
  ["api.acme.com", "/dashboard/", "/acme/dashboard/"],
  ["api.acme.com", "/acme/v2", "/acme/acme/v2"],
])("puts the mount before %s %s", (host, url, expected) => {
  expect(bind(host, url)).toBe(expected);
});

test.each([undefined, "localhost:4000", "acme.com", "xapi.acme.com", "api.acme.com.evil.com"])(
  "leaves requests to %s alone",
  (host) => {
    expect(bind(host, "/v1/apis")).toBe("/v1/apis");
  },
);
