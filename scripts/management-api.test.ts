import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { moduleOf } from "./openapi-module.ts";

test("the client's types are those of the running service's document, no more and no less", () => {
  const script = fileURLToPath(new URL("./management-api.ts", import.meta.url));
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--conditions=latchkey-src", script, "--check"],
    { encoding: "utf8" },
  );
  expect(stderr).toBe("");
  expect(status).toBe(0);
}, 60_000);

const text = (schema: object) => moduleOf({ paths: {}, components: { schemas: { A: schema } } });

test.each([
  ["a union of types", { type: ["string", "null"] }, "string | null"],
  ["the values of an enumeration", { type: "string", enum: ["a", "b"] }, '"a" | "b"'],
  ["null beside them", { type: ["string", "null"], enum: ["a"] }, '"a" | null'],
  ["a constant", { const: 1 }, "1"],
  ["alternatives", { anyOf: [{ type: "integer" }, { type: "boolean" }] }, "number | boolean"],
  ["a list", { type: "array", items: { type: "integer" } }, "readonly (number)[]"],
  ["another component", { $ref: "#/components/schemas/Error" }, "ErrorAnswer"],
  [
    "a map",
    { type: "object", additionalProperties: { type: "string" } },
    "Readonly<Record<string, string>>",
  ],
  ["an object of nothing", { type: "object", additionalProperties: false }, "Record<never, never>"],
  ["anything", {}, "unknown"],
])("writes %s", (_what, schema, type) => {
  expect(text(schema)).toContain(`export type A = ${type};`);
});

test("writes members by what is required", () => {
  const properties = { a: { type: "string" }, "b-c": { type: "string", description: "Why." } };
  const module = text({ type: "object", required: ["a"], properties });
  expect(module).toContain('readonly a: string;\n/** Why. */\nreadonly "b-c"?: string;');
});

test("leaves out what has no end", () => {
  const operation = { operationId: "followChanges", responses: {} };
  const document = { paths: { "/x": { get: operation } }, components: { schemas: {} } };
  expect(moduleOf(document)).not.toContain("followChanges");
});

test("leaves out what only a proxy may ask", () => {
  const operation = { operationId: "x", responses: {}, security: [{ proxyToken: [] }, {}] };
  const document = { paths: { "/x": { get: operation } }, components: { schemas: {} } };
  expect(moduleOf(document)).not.toContain("x:");
});
