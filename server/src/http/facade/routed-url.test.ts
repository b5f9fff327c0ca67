import { expect, test } from "vitest";
import { routedUrl } from "./routed-url.ts";

const MOUNTS = new Set(["acme"]);

test.each([
  ["/acme/v2/users/", "/acme/v2/users"],
  ["/acme/v2/users/?x=/", "/acme/v2/users?x=/"],
  ["/acme/a/", "/acme/a"],
  ["/acme/v2/users", "/acme/v2/users"],
  ["/acme/v2/users//", "/acme/v2/users//"],
  ["/acme/", "/acme/"],
  ["/acme/?x=/a", "/acme/?x=/a"],
  ["/acme", "/acme"],
  ["/", "/"],
  ["", ""],
  ["/v1/apis/", "/v1/apis/"],
  ["/dashboard/", "/dashboard/"],
  ["/acmex/v2/", "/acmex/v2/"],
  ["//acme/v2/", "//acme/v2/"],
])("%s is routed as %s", (url, routed) => {
  expect(routedUrl(url, MOUNTS)).toBe(routed);
});
