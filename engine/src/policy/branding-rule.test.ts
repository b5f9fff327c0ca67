import { expect, test } from "vitest";
import { PolicyError } from "./policy-error.ts";
import { policyOf } from "./validate.ts";

const BASE = {
  slug: "acme",
  renderer: "standard",
  schemes: ["api-key"],
  keyFormat: { live: "lk_live_", test: "lk_test_" },
};
const brandingOf = (branding: object | null) => policyOf({ ...BASE, branding } as never).branding;
const data = (bytes: number) => `data:image/png;base64,${Buffer.alloc(bytes).toString("base64")}`;

test.each([
  [null, null],
  [{ name: "Acme" }, { name: "Acme", logoUrl: null, colour: null }],
  [
    { name: "Acme", logoUrl: "https://cdn.acme.com/logo.svg", colour: "#0f766e" },
    { name: "Acme", logoUrl: "https://cdn.acme.com/logo.svg", colour: "#0f766e" },
  ],
])("%o is taken", (branding, expected) => {
  expect(brandingOf(branding)).toEqual(expected);
});

test("a data image has at most 32 KiB", () => {
  const logoUrl = data(32_768);
  expect(brandingOf({ name: "Acme", logoUrl })?.logoUrl).toBe(logoUrl);
  expect(() => brandingOf({ name: "Acme", logoUrl: data(32_769) })).toThrow(PolicyError);
});

test("what it leaves out is not taken from what it extends", () => {
  const base = { ...BASE, branding: { name: "Base", colour: "#000000" } };
  const extended = policyOf({ slug: "acme", extends: base, branding: { name: "Acme" } } as never);
  expect(extended.branding).toEqual({ name: "Acme", logoUrl: null, colour: null });
});

test.each([
  [{}, "name"],
  [{ name: "" }, "name"],
  [{ name: "a\nb" }, "name"],
  [{ name: "a".repeat(61) }, "name"],
  [{ name: "Acme", logoUrl: "http://cdn.acme.com/logo.svg" }, "logoUrl"],
  [{ name: "Acme", logoUrl: "https://cdn.acme.com/logo.svg?v=1" }, "logoUrl"],
  [{ name: "Acme", logoUrl: "https://cdn.acme.com/a; script-src *" }, "logoUrl"],
  [{ name: "Acme", logoUrl: "https://cdn.acme.com/a,b" }, "logoUrl"],
  [{ name: "Acme", logoUrl: "https://*/logo.svg" }, "logoUrl"],
  [{ name: "Acme", logoUrl: "data:text/html;base64,AAAA" }, "logoUrl"],
  [{ name: "Acme", logoUrl: "javascript:alert(1)" }, "logoUrl"],
  [{ name: "Acme", colour: "red" }, "colour"],
  [{ name: "Acme", colour: "#fff;}" }, "colour"],
  [{ name: "Acme", color: "#ffffff" }, "color"],
])("%o is refused, naming %s", (branding, member) => {
  expect(() => brandingOf(branding)).toThrow(`branding.${member}`);
});
