import { expect, test } from "vitest";
import { sentPage } from "../../oauth/page.ts";
import { consentPage } from "./consent-pages.ts";

test.each([
  ["client.example", "'self' https://client.example http://client.example"],
  ["localhost:8080", "'self' https://localhost:8080 http://localhost:8080"],
  ["com.example.app:", "'self' com.example.app:"],
  ["[::1]:5000", "'self' https: http:"],
  ["", "'self'"],
  ["x;sandbox,y", "'self'"],
])("a form whose user goes on to %j may lead to %s", (redirectHost, targets) => {
  const application = { name: "Reports", verified: false, homePage: null, redirectHost };
  const { headers } = sentPage(consentPage(application, { csrf: "c", scopes: [] }), null);
  const policy = headers[headers.indexOf("content-security-policy") + 1] ?? "";
  expect(policy.split("; ")).toContain(`form-action ${targets}`);
});

test("what an application says of itself is text, and nothing else", () => {
  const evil = `"><script>alert(1)</script>`;
  const application = { name: evil, verified: false, homePage: evil, redirectHost: evil };
  const scopes = [{ name: evil, title: evil }];
  const { body } = sentPage(consentPage(application, { csrf: evil, scopes }), null);
  expect(body).not.toContain("<script");
  expect(body).not.toContain('""');
});
