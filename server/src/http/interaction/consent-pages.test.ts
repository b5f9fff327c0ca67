import { expect, test } from "vitest";
import { sentPage } from "../../oauth/page.ts";
import { consentPage } from "./consent-pages.ts";

test("what an application says of itself is text, and nothing else", () => {
  const evil = `"><script>alert(1)</script>`;
  const application = { name: evil, verified: false, homePage: evil, redirectHost: evil };
  const scopes = [{ name: evil, title: evil }];
  const { body } = sentPage(consentPage(application, { csrf: evil, scopes }), null);
  expect(body).not.toContain("<script");
  expect(body).not.toContain('""');
});
