import { policyOf, profiles } from "@latchkey/engine";
import { expect, test } from "vitest";
import { describedAddress, forwardedAddress, mountAddress } from "./asked-address.ts";

const POLICY = policyOf({ ...profiles.standard, slug: "acme" });
const NAMED = policyOf({
  ...{ ...profiles.standard, slug: "acme", hosts: ["api.acme.com"] },
  oauth: { ...profiles.standard.oauth, origins: ["https://api.acme.com"] },
});

const called = (...headers: string[]) => ({ headers: ["DPoP", "proof", ...headers], secure: true });

test.each([
  ["api.acme.com", "https://api.acme.com"],
  ["API.acme.com.:8443", "https://api.acme.com"],
  ["evil.example", "https://auth.example/acme"],
  ["", "https://auth.example/acme"],
])("a mount that is asked as %s is at %s, whatever else was sent", (host, address) => {
  expect(mountAddress(NAMED, host, "https://auth.example")).toBe(address);
});

test.each<[string, string[], string | undefined]>([
  ["the forwarded host", ["X-Forwarded-Host", "a.example", "Host", "b"], "https://a.example"],
  ["the host, when none was forwarded", ["Host", "b.example:8443"], "https://b.example:8443"],
  ["an address of IPv6", ["Host", "[2001:db8::1]:8443"], "https://[2001:db8::1]:8443"],
  ["nothing, of two hosts in one line", ["X-Forwarded-Host", "a.example, b.example"], undefined],
  ["nothing, of two lines", ["X-Forwarded-Host", "a", "x-forwarded-host", "b"], undefined],
  ["nothing, of a host with a path", ["Host", "a.example/v2"], undefined],
  ["nothing, of a host with a user", ["Host", "a.example@evil.example"], undefined],
  ["nothing, without a host", [], undefined],
])("a proxy's request went to %s", (_what, headers, address) => {
  expect(forwardedAddress(POLICY, called(...headers))).toBe(address);
});

test("over plain HTTP it went to plain HTTP", () => {
  const plain = { ...called("Host", "a.example"), secure: false };
  expect(forwardedAddress(POLICY, plain)).toBe("http://a.example");
});

test("a described request went where it says, else to its host", () => {
  expect(describedAddress(POLICY, called("Host", "a"), "https://b")).toBe("https://b");
  expect(describedAddress(POLICY, called("Host", "a"), undefined)).toBe("https://a");
});

test("what a request says of itself is nothing where the policy says better", () => {
  expect(forwardedAddress(NAMED, called("Host", "api.acme.com"))).toBeUndefined();
  expect(describedAddress(NAMED, called(), "https://evil.example")).toBeUndefined();
});
