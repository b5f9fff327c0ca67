import { accentsOf, profiles } from "@latchkey/engine";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ManagementApp, openManagementApp } from "../../testing/management-app.ts";

const COLOUR = "#ffcc00";
const BRANDING = { name: "Acme", logoUrl: "https://cdn.acme.com/logo.svg", colour: COLOUR };

let it: ManagementApp;
beforeAll(async () => {
  const extended = { extends: profiles.standard };
  const plain = { slug: "plain", ...extended, branding: { name: "Plain" } };
  it = await openManagementApp(
    {},
    { apis: [{ slug: "acme", ...extended, branding: BRANDING }, plain] },
  );
});
afterAll(() => it.close());

const ask = (query: string) => it.call("GET", `/v1/session/branding${query}`, { token: null });

test.each([
  ["acme", { ...BRANDING, accents: accentsOf(COLOUR) }],
  ["plain", { name: "Plain", logoUrl: null, colour: null, accents: null }],
  ["standard", null],
  ["no-such-api", null],
  ["__proto__", null],
])("before anybody is signed in, %s shows its brand and nothing more", async (api, branding) => {
  expect(await ask(`?api=${api}`)).toMatchObject({
    status: 200,
    text: JSON.stringify({ branding }),
  });
});

test.each([
  ["", 400],
  ["?api=", 400],
  [`?api=${"a".repeat(33)}`, 400],
])("the query %j is answered %i", async (query, status) => {
  expect((await ask(query)).status).toBe(status);
});
