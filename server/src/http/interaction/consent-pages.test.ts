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

test.each([
  ["client.example", null, "You will be sent to <strong>client.example</strong>."],
  ["", null, undefined],
  ["", "https://home.example/", "Its home page is"],
])("what waits at %j, with the home page %j, is told", (redirectHost, homePage, said) => {
  const application = { name: "Reports", verified: true, homePage, redirectHost };
  const { content } = consentPage(application, { csrf: "c", scopes: [] });
  expect(content.includes("You will be sent to")).toBe(redirectHost !== "");
  expect(content).toContain(said ?? "Verified application");
});
