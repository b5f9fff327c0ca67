import { expect, test } from "vitest";
import { isOrigin, matchesOrigin } from "./origin.ts";

test.each([
  ["https://app.example.com", "https://app.example.com"],
  ["http://localhost:3000", "http://localhost:3000"],
  ["https://*.example.com", "https://app.example.com"],
  ["https://*.example.com", "https://a.b.example.com"],
  ["https://pr-*.example.com", "https://pr-17.example.com"],
  ["https://pr-*.example.com", "https://pr-.example.com"],
  ["http://localhost:*", "http://localhost:3000"],
  ["https://*.example.com:*", "https://app.example.com:8443"],
])("%s takes in %s", (registered, origin) => {
  expect(matchesOrigin(registered, origin)).toBe(true);
});

test.each([
  ["https://app.example.com", "https://app.example.com/"],
  ["https://app.example.com", "https://APP.example.com"],
  ["https://app.example.com", "http://app.example.com"],
  ["https://app.example.com", "https://app.example.com.evil.example"],
  ["https://app.example.com", "https://app.example.com:8443"],
  ["https://app.example.com/callback", "https://app.example.com"],
  ["https://*.example.com", "https://example.com"],
  ["https://*.example.com", "https://evil.example"],
  ["https://*.example.com", "https://evil.example/.example.com"],
  ["https://*.example.com", "https://evil.example#.example.com"],
  ["https://*.example.com", "https://user@.example.com"],
  ["https://a*a.example.com", "https://a.example.com"],
  ["https://*.example.com:*", "https://app.example.com"],
  ["http://localhost:*", "http://localhost:3000/path"],
  ["https://app.example.com", "null"],
  ["https://app.example.com", ""],
  ["https://*.example.com", "https://.example.com, https://evil.example"],
])("%s does not take in %s", (registered, origin) => {
  expect(matchesOrigin(registered, origin)).toBe(false);
});

test.each([
  ["https://app.example.com", true],
  ["http://[::1]:3000", true],
  ["capacitor://localhost", true],
  ["null", true],
  ["https://app.example.com/path", false],
  ["https://user:password@app.example.com", false],
  ["<script>", false],
  ["", false],
  [`https://${"a".repeat(300)}`, false],
])("%s as an origin: %s", (text, isOne) => {
  expect(isOrigin(text)).toBe(isOne);
});
