import { expect, test } from "vitest";
import { returnUrlFault } from "./return-url.ts";

const ALLOWED = ["https://app.acme.com", "https://acme.com/settings", "http://localhost"];

test.each([
  "https://app.acme.com",
  "https://app.acme.com/",
  "https://app.acme.com/any/where?tab=api",
  "https://acme.com/settings",
  "https://acme.com/settings/api",
  "http://localhost:3000/",
])("%s is one of them", (url) => {
  expect(returnUrlFault(url, ALLOWED)).toBeUndefined();
});

test.each([
  "https://app.acme.com:8443/",
  "https://app.acme.com.evil.example/",
  "https://evil.example/https://app.acme.com",
  "https://acme.com/",
  "https://acme.com/settingsx",
  "https://127.0.0.1/",
  "http://127.0.0.1:3000/",
])("%s is none of them", (url) => {
  expect(returnUrlFault(url, ALLOWED)).toBe("is none of the policy's returnUrls.");
});

test("a policy that lists none leads nowhere, and one that lists any host to any", () => {
  expect(returnUrlFault("https://app.acme.com/", [])).toBeDefined();
  expect(returnUrlFault("https://app.acme.com:8443/", ["https://*"])).toBeUndefined();
  expect(returnUrlFault("http://localhost/", ["https://*"])).toBeDefined();
});

test("what is no safe address is refused for that, whatever the policy lists", () => {
  expect(returnUrlFault("javascript:alert(1)", ["https://*"])).toMatch(/must be https|plain ASCII/);
  expect(returnUrlFault("https://acme.com/settings/../x", ALLOWED)).toBeDefined();
});
