import { expect, test } from "vitest";
import { sentPage } from "./page.ts";

const PAGE = { title: "Sign in", content: "<p>Here.</p>" };
const DATA = "data:image/png;base64,AAAA";

const policyOf = (headers: readonly string[]) =>
  headers[headers.indexOf("content-security-policy") + 1] ?? "";

test.each([
  ["https://cdn.acme.com/logo.svg", "img-src https://cdn.acme.com/logo.svg"],
  [DATA, "img-src data:"],
])("shows the brand with its logo %s, and may load nothing else", (logoUrl, directive) => {
  const { body, headers } = sentPage(PAGE, { name: "A & B", logoUrl, colour: "#ffcc00" });
  expect(body).toContain(`<img src="${logoUrl}" alt=""><span>A &#38; B</span>`);
  expect(body).toContain("<title>Sign in · A &#38; B</title>");
  expect(body).not.toMatch(/latchkey/i);
  expect(policyOf(headers).match(/img-src[^;]*/g)).toEqual([directive]);
  // White on the colour itself could not be read.
  expect(body).toMatch(/--fill: #8f7300/);
});

test("is Latchkey's without a brand, and loads nothing at all", () => {
  const { body, headers } = sentPage(PAGE, null);
  expect(body).toContain("<title>Sign in · Latchkey</title>");
  expect(body).not.toContain("<img");
  expect(policyOf(headers)).toMatch(
    /^default-src 'none'; style-src 'nonce-[^']+'; frame-ancestors/,
  );
});

test("the only style and script are those that the page's policy names", () => {
  const { body, headers } = sentPage({ ...PAGE, script: "go();" }, null);
  const [, nonce = ""] = /style-src 'nonce-([^']+)'/.exec(policyOf(headers)) ?? [];
  expect(policyOf(headers)).toContain(`script-src 'nonce-${nonce}'`);
  expect(body.match(/<(?:style|script)[^>]*>/g)).toEqual([
    `<style nonce="${nonce}">`,
    `<script nonce="${nonce}">`,
  ]);
  expect(body).not.toMatch(/ style=/);
});
