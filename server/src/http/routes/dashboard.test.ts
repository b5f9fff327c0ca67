import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ManagementApp, openManagementApp } from "../../testing/management-app.ts";
import { dashboardPage } from "../dashboard-page.ts";

let it: ManagementApp;
beforeAll(async () => {
  it = await openManagementApp();
});
afterAll(() => it.close());

test.each(["/", "/dashboard"])("%s leads to the page", async (path) => {
  const answer = await it.call("GET", path, { token: null });
  expect([answer.status, answer.headers.location]).toEqual([302, "/dashboard/"]);
});

test("says what is running: version, store, APIs with profile and mount", async () => {
  const { status, headers, text } = await it.call("GET", "/dashboard/", { token: null });
  expect(status).toBe(200);
  expect(headers["content-type"]).toBe("text/html; charset=utf-8");
  for (const fact of ["0.0.0", "SQLite", "http://localhost:4000/other", "standard"]) {
    expect(text).toContain(fact);
  }
});

test("its policy lets exactly its own style through, and no script at all", async () => {
  const { headers, text } = await it.call("GET", "/dashboard/", { token: null });
  const [, style = ""] = /<style>([\s\S]*)<\/style>/.exec(text) ?? [];
  const hash = createHash("sha256").update(style).digest("base64");
  expect(headers["content-security-policy"]).toBe(
    `default-src 'none'; style-src 'sha256-${hash}'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
  expect(text).not.toMatch(/<script|style=|\son\w+=/i);
  expect(headers).toMatchObject({ "x-frame-options": "DENY", "referrer-policy": "no-referrer" });
});

test("every address on it is answered", async () => {
  const { text } = await it.call("GET", "/dashboard/", { token: null });
  const addresses = [...text.matchAll(/href="([^"]+)"/g)].map(([, address = ""]) => address);
  expect(addresses.length).toBeGreaterThan(3);
  for (const address of addresses) {
    expect([address, (await it.call("GET", address)).status]).toEqual([address, 200]);
  }
});

test("can be read with its structure alone", async () => {
  const { text } = await it.call("GET", "/dashboard/", { token: null });
  expect(text).toMatch(/^<!doctype html>\n<html lang="en">/);
  expect(text.match(/<h1>/g)).toHaveLength(1);
  expect(text).toContain('<th scope="col">');
  expect(text).toContain("prefers-color-scheme: dark");
});

test("escapes what comes from a policy", () => {
  const hostile = `<img src=x onerror="alert('1')">&`;
  const apis = [{ slug: hostile, profile: hostile, mount: hostile }];
  const page = dashboardPage({ version: hostile, storeKind: hostile, apis });
  expect(page).not.toContain("<img");
  expect(page).toContain("&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;");
});
