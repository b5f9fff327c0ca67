import fc from "fast-check";
import type { RouteOptions } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DATABASES } from "../testing/databases.ts";
import { type ManagementApp, openManagementApp } from "../testing/management-app.ts";

/** Values that parsers, databases or people have stumbled over. */
const HOSTILE: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  -0,
  2 ** 53,
  "",
  " ",
  "\0",
  "a\0b",
  "\ud800",
  "\udfff\ud800",
  "\u202e",
  "\ufeff",
  "𝕏".repeat(100),
  "x".repeat(10_000),
  "'; drop table account; --",
  "%00",
  "__proto__",
  "constructor",
  "../../etc/passwd",
  "<script>",
  "acct_1",
  "user_1",
  "key_1",
  "NaN",
  "2030-01-31T12:00:00Z",
  "0000-01-01T00:00:00Z",
  "9999-12-31T23:59:59.999Z",
  "1/day",
  [],
  [null],
  [[]],
  [""],
  ["\0"],
  ["read:users"],
  ["::/0"],
  ["::ffff:0:0/96"],
  {},
  { a: {} },
  [{ name: "x", max: 1e308, windowSeconds: 1 }],
  [{ name: "__proto__", max: 1, windowSeconds: 1 }],
];
const QUERIES = ["limit", "cursor", "accountId", "credentialId", "type", "from", "to", "wait"];

const value = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: "binary" }), fc.jsonValue());
/** What is right for every route that wants it: a good body with one thing wrong gets furthest. */
const GOOD = { name: "x", accountId: "acct_1", role: "viewer" };

function bodyFor({ schema }: RouteOptions) {
  const { properties = {} } = (schema?.body ?? {}) as { properties?: object };
  const members = Object.keys(properties);
  const good = Object.fromEntries(Object.entries(GOOD).filter(([name]) => members.includes(name)));
  const odd = fc.constantFrom(...members, "__proto__", "toString", "extra");
  return fc.oneof(
    fc.tuple(odd, value).map(([member, bad]) => ({ ...good, [member]: bad })),
    fc.dictionary(odd, value, { maxKeys: 4 }),
    value,
  );
}

const query = fc.dictionary(fc.constantFrom(...QUERIES), fc.string({ unit: "binary" }), {
  maxKeys: 1,
});
const id = fc.oneof(
  fc.constantFrom("acct_1", "user_1", "key_1", "%00", "%ud800", "%C0%80", "acct_'", "..", "*"),
  fc.string({ maxLength: 20 }).map(encodeURIComponent),
);

describe.each(DATABASES)("on $name", (database) => {
  describe.skipIf(database.absent)("", () => {
    let it: ManagementApp;
    const routes: RouteOptions[] = [];
    beforeAll(async () => {
      await database.start();
      it = await openManagementApp(
        {},
        { url: await database.newUrl(), onRoute: (route) => routes.push(route) },
      );
      const accounts = "/v1/apis/standard/accounts";
      await it.call("POST", accounts, { body: { id: "acct_1", name: "Acme" } });
    });
    afterAll(async () => {
      await it.close();
      await database.stop();
    });

    test("no input is answered with a 5xx, or with anything but JSON", async () => {
      const v1 = routes.filter(({ url, method }) => url.startsWith("/v1") && method !== "HEAD");
      expect(v1.length).toBeGreaterThan(20);
      const input = fc
        .constantFrom(...v1)
        .chain((route) =>
          fc.record({ route: fc.constant(route), id, query, body: bodyFor(route) }),
        );
      await fc.assert(
        fc.asyncProperty(input, async ({ route, id: name, query: asked, body: sent }) => {
          const search = Object.entries(asked).map(
            ([key, text]) => `${key}=${encodeURIComponent(text.toWellFormed())}`,
          );
          const path = route.url.replace(":api", "standard").replace(":id", name);
          const writes = route.method !== "GET";
          const answer = await it.call(
            route.method as "GET" | "POST",
            `${path}?${search.join("&")}`,
            writes
              ? { body: JSON.stringify(sent), headers: { "content-type": "application/json" } }
              : {},
          );
          expect(answer.status).toBeLessThan(500);
          expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
        }),
        { numRuns: 1000 },
      );
    });
  });
});
